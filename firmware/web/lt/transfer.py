"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `transfer`."""

TABLE = """
web.notify_twice = Šis adresas yra du kartus.
web.transfer_account = Dėl šių nuostatų bus ištrintas prisijungimas {}.
web.transfer_changes = Bus pakeistos šios dalys: {}.
web.transfer_export = Eksportuoti
web.transfer_export_note = Visos nuostatos JSON formatu, be slaptažodžių, prisijungimų ir naudotojų.
web.transfer_file = Failas
web.transfer_file_note = Toks, koks buvo eksportuotas. Iki 16 KB.
web.transfer_format = Tai nėra tokio įrenginio eksportuotos nuostatos.
web.transfer_import = Importuoti
web.transfer_json = Tai ne JSON.
web.transfer_meanwhile = Nuostatos tuo metu pakeistos. Niekas neimportuota.
web.transfer_none = Pasirinkite failą.
web.transfer_nothing = Įrenginys tokias nuostatas jau turi.
web.transfer_problem = Dalyje {}: {}
web.transfer_saved = Nuostatos importuotos.
web.transfer_unknown = nežinoma: {}
web.transfer_value = negalima reikšmė: {}
"""
