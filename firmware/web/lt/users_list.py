"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `users_list`."""

TABLE = """
web.csv_admin = Stulpelyje „admin“ rašoma yes arba nieko, o ne: {}.
web.csv_cells = Šioje eilutėje turėtų būti langelių: {}.
web.csv_columns = Pirmoje eilutėje turi būti stulpelių pavadinimai, kiekvienas po kartą: {}.
web.csv_export = Eksportuoti
web.csv_export_note = Visi naudotojai CSV formatu, be PIN.
web.csv_file = CSV failas
web.csv_file_note = UTF-8, vienu kartu iki {} naudotojų ir 16 KB, iš viso iki {} naudotojų. Esami naudotojai \
pakeičiami, kiti lieka. Ilgas sąrašas gali užtrukti kelias minutes: neuždarykite šio puslapio.
web.csv_head = Pirmoje eilutėje – stulpelių pavadinimai: id, name, email, pin, admin. Būtini tik id ir email.
web.csv_import = Importuoti
web.csv_imported = Importuota naudotojų: {}.
web.csv_line = Eilutė {}:
web.csv_none = Pasirinkite failą arba įklijuokite sąrašą.
web.csv_not_utf8 = Šis failas nėra UTF-8 tekstas.
web.csv_paste = Arba įklijuokite sąrašą
web.csv_too_long = Vienu kartu importuokite iki {} naudotojų.
web.csv_wrong = Niekas neimportuota. Kas negerai:
web.pin = Įveskite PIN arba slaptažodį: {}–64 ženklai.
web.user_id = ID sudaro iki {} ženklų: raidės a–z, skaitmenys, taškai, brūkšneliai, pabraukimai.
web.user_twice = Toks ID jau yra: {}.
web.users_full = Telpa naudotojų: {}.
"""
