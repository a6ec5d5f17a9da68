"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `certificates`."""

TABLE = """
web.ca_ask = Išsaugojus įrenginys pašto serverį tikrins pagal šiuos sertifikatus:
web.ca_ask_builtin = CA sertifikatų nebelieka: tada galioja integruotieji šakniniai sertifikatai.
web.ca_ask_erase = Bus ištrintas prisijungimas {}, nes jis gautas su kitais sertifikatais. Kol administratorius \
neprisijungs iš naujo, laiškai nebus siunčiami (kodas 360).
web.ca_builtin = Nėra. Galioja integruotieji šakniniai sertifikatai.
web.ca_changed = Nuostatos tuo metu pakeistos. Niekas neišsaugota; pakartokite.
web.ca_custom_text = Pašto serveris {} tikrinamas tik pagal šiuos sertifikatus. Jie yra dalis nuostatų puslapyje
web.ca_dates = Galioja
web.ca_file = Failas
web.ca_file_note = PEM arba DER, iš viso ne daugiau kaip 4 sertifikatai.
web.ca_import = Importuoti
web.ca_issuer = Išdavėjas
web.ca_listed = Importuoti sertifikatai
web.ca_none_given = Pasirinkite failą arba įklijuokite sertifikatą.
web.ca_not_used = CA sertifikatai naudojami tik su el. pašto paslauga „Kita“.
web.ca_nothing_new = Šie sertifikatai jau yra.
web.ca_over = Baigėsi
web.ca_paste = Arba įklijuokite (PEM)
web.ca_remove = Šalinti
web.ca_saved = CA sertifikatai pakeisti.
web.ca_subject = Subjektas
web.ca_text = „Microsoft Exchange Online“ ir „Outlook.com“ tikrinami tik pagal integruotuosius šakninius \
sertifikatus. Jei reikia savo CA sertifikato, pasirinkite el. pašto paslaugą „Kita“ puslapyje
web.ca_unreadable = Tai nėra ištisas PEM arba DER formato sertifikatas.
"""
