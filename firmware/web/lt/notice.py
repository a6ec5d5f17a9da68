"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `notice`."""

TABLE = """
web.audit.contacts = Pakeista adresų knyga
web.audit.export = Kažkas eksportuota
web.audit.https = HTTPS įjungtas, išjungtas arba sukurtas naujas sertifikatas
web.audit.import = Importuotos nuostatos
web.audit.log_in = Prisijungta prie Web Config
web.audit.log_in_wrong = Neteisingas slaptažodis
web.audit.log_out = Atsijungta
web.audit.notification = Pakeisti pranešimai
web.audit.password = Pakeistas administratoriaus slaptažodis
web.audit.reset = Atkurtos gamyklinės nuostatos
web.audit.restart = Įrenginys paleistas iš naujo
web.audit.server = Pakeistos pašto serverio nuostatos
web.audit.sign_in = Pradėta prisijungti prie paslaugos
web.audit.sign_in_ended = Prisijungimas baigėsi
web.audit.sign_in_saved = Prisijungimas išsaugotas
web.audit.sign_out = Prisijungimas ištrintas
web.audit.timeouts = Pakeistas neveiklumo laikas
web.audit.trust = Pakeisti patikimi sertifikatai
web.audit.users = Pakeisti naudotojai
web.audit.verify_off = Sertifikato tikrinimas išjungtas
web.notice.job_failed = Užduotis nepavyko
web.notice.job_failed_text = Užduotis {} adresu {} nepavyko, kodas {}. {}
web.notice.locked = Daug neteisingų administratoriaus slaptažodžių
web.notice.locked_text = Kažkas veda neteisingus administratoriaus slaptažodžius, paskutinį kartą iš {}. Po \
kiekvieno tenka laukti ilgiau.
web.notice.settings = Pakeistos nuostatos
web.notice.settings_text = {}, iš {}: {}
web.notice.sign_in_ended = Prisijungimas baigėsi
web.notice.sign_in_ended_text = Prisijungimas {} baigėsi. {} Administratorius turi prisijungti iš naujo. Šis \
pranešimas parašytas prisijungimui pasibaigus ir išsiųstas, kai įrenginys vėl galėjo siųsti.
web.notice.sign_in_ends = Prisijungimas netrukus baigsis
web.notice.sign_in_ends_text = Prisijungimas {} galioja iki {}: dar dienų {}. Iki tol išsiųskite laišką arba \
prisijunkite iš naujo.
"""
