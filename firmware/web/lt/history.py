"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `history`."""

TABLE = """
web.history_code = Kodas
web.history_document = Dokumentas
web.history_download = Atsisiųsti CSV
web.history_intro = Naujausios užduotys: {}. Laikas UTC.
web.history_kind = Rūšis
web.history_none = Užduočių dar nėra.
web.history_number = Numeris
web.history_status = Būsena
web.history_to = Kam
web.history_when = Kada
web.history_why = Išsamiau
"""
