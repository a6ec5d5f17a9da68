"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `connection`."""

TABLE = """
web.test.auth = Prisijungimas prie pašto serverio (AUTH)
web.test.certificate = Serverio sertifikatas
web.test.clock = Data ir laikas
web.test.dns = Serverio vardas (DNS)
web.test.failed = Nepavyko
web.test.passed = Pavyko
web.test.pending = Nepasiekta
web.test.sender = Laiškas siuntėjui
web.test.starttls = Saugus ryšys (STARTTLS)
web.test.tcp = Ryšys (TCP)
web.test.token = Prieigos raktas (token)
web.test.waiting = Laukiama
web.test_again = Tikrinti dar kartą
web.test_do = Ką daryti:
web.test_failed = Tikrinimas nepavyko: {}.
web.test_intro = Įrenginys prisijungs prie pašto serverio su išsaugotomis nuostatomis ir išsaugotu prisijungimu ir \
išsiųs trumpą laišką paties siuntėjo adresu, nes kai kurie serveriai netinkamo siuntėjo nepriima tik tada.
web.test_none = Dar netikrinta.
web.test_off = El. paštas išjungtas. Pasirinkite „OAuth2“ ir prisijunkite puslapyje
web.test_passed = Viskas gerai: pašto serveris laišką priėmė.
web.test_result = Rezultatas
web.test_running = Tikrinama. Šis puslapis pats parodys, kaip sekasi.
web.test_stage = Etapas
web.test_start = Pradėti tikrinimą
web.test_title = Tikrinimo etapai
"""
