"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `contacts`."""

TABLE = """
web.contact_add = Pridėti adresatą
web.contact_address = El. pašto adresas
web.contact_change = Keisti adresatą
web.contact_name = Vardas
web.contact_remove = Šalinti
web.contact_removed = Adresatas pašalintas.
web.contact_saved = Adresatas išsaugotas.
web.contacts_count = Adresatų valdymo skyde: {} iš {}
web.contacts_none = Dar nėra nė vieno. Žmonės valdymo skyde renkasi iš čia arba įveda adresą.
"""
