"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `sign_in`."""

TABLE = """
web.attempt_failed = Prisijungti nepavyko.
web.blocked = Prisijungti neleido jūsų organizacijos politika.
web.busy = Įrenginį jau prijungia kitas administratorius. Palaukite, kol jis baigs, arba paklauskite jo.
web.code_expired = Kodo galiojimas baigėsi.
web.declined = Prisijungti atsisakyta.
web.kept = Tai, kas įrenginyje buvo išsaugota, nepasikeitė.
web.requesting = Prašoma kodo…
web.sign_in = Prisijungti
web.sign_in_consent = Pirmą kartą organizacijoje prisijungti turi visuotinis administratorius (Global Administrator) \
ir pažymėti „Sutikti organizacijos vardu“.
web.sign_in_custom = Prisijungti per {}
web.sign_in_intro = Įrenginys paprašys kodo. Kodą įvesite prisijungimo puslapyje, šioje naršyklėje arba kitame \
įrenginyje, ir ten prisijungsite paskyra, kuri siųs laiškus.
web.sign_in_microsoft = Prisijungti per „Microsoft“
web.sign_in_receives = Prisijungimas bus perduodamas pašto serveriui {}.
web.try_again = Bandyti dar kartą
web.waiting = Įveskite šį kodą
web.waiting_left = Kodas galios dar {} min {} s. Kai prisijungsite, šis puslapis pats tai pastebės.
web.waiting_never = Niekada neveskite kodo, kurį jums kas nors atsiuntė: taip jūsų paskyra prisijungtų jo įrenginys.
web.waiting_where = šiame puslapyje:
web.waiting_whose = Jungiate įrenginį {}, serijos numeris {}.
"""
