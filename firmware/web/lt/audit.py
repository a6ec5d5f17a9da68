"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `audit`."""

TABLE = """
web.audit_about = Apie
web.audit_download = Atsisiųsti CSV
web.audit_intro = Naujausi įvykiai: {}. Laikas UTC.
web.audit_none = Dar nieko neįvyko.
web.audit_what = Kas
web.audit_when = Kada
web.audit_where = Iš kur
"""
