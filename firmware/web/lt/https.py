"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `https`."""

TABLE = """
web.https_certificate = Įrenginio sertifikatas
web.https_compare = Už paties įrenginio sukurtą sertifikatą niekas nelaiduoja, todėl pirmą kartą naršyklė įspės. Tęskite \
tik tada, jei jos rodomas kontrolinis kodas toks, koks valdymo skyde (tinklo būsena) ar būsenos lape. Pasikeitus \
adresui jis lieka tas pats.
web.https_fingerprint = SHA-256 kontrolinis kodas
web.https_from = Kilmė
web.https_given = Įdiegtas paruošiant įrenginį
web.https_good = Galioja
web.https_new = Sukurti naują sertifikatą
web.https_new_done = Įrenginys turi naują sertifikatą ir raktą. Naršyklės vėl įspės: palyginkite kontrolinį kodą.
web.https_no_end = Pabaigos neturi, nes laikrodis gali būti nenustatytas ir niekas sertifikato neatnaujina.
web.https_none = Įrenginys sertifikato dar neturi. Jis sukuriamas įjungus HTTPS, tai trunka kelias sekundes.
web.https_off = HTTPS išjungtas
web.https_off_done = Visi atjungti. Kur dabar Web Config, rodo valdymo skydas.
web.https_off_text = Kas yra tinkle, gali perskaityti, ką čia įvedate, taip pat ir administratoriaus slaptažodį.
web.https_on = HTTPS įjungtas
web.https_on_done = Netrukus visi bus atjungti. Tada atverkite Web Config per HTTPS, palyginkite kontrolinį kodą su \
rodomu valdymo skyde ir prisijunkite iš naujo.
web.https_on_text = Web Config pasiekiamas tik per HTTPS. HTTP tik nukreipia ten.
web.https_open = Atverti Web Config per HTTPS
web.https_own = Pats įrenginys
web.https_switch_off = Išjungti HTTPS
web.https_switch_on = Įjungti HTTPS
"""
