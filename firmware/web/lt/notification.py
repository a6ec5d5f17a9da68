"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `notification`."""

TABLE = """
web.notify_address = Adresas {}
web.notify_address_note = Jei tuščias, nenaudojamas.
web.notify_changed = Pranešimus tuo metu pakeitė kitas. Atverkite puslapį iš naujo.
web.notify_ended_note = Pranešimą, kad prisijungimas baigėsi, galima išsiųsti tik prisijungus iš naujo.
web.notify_event.job_failed = Užduotis nepavyko
web.notify_event.locked = Daug neteisingų administratoriaus slaptažodžių
web.notify_event.settings = Pakeistos serverio, sertifikatų, naudotojų ar kitos nuostatos
web.notify_event.sign_in_ended = Prisijungimas baigėsi
web.notify_event.sign_in_ends = Prisijungimas baigsis po 14, 7 ir 1 dienos
web.notify_intro = Apie įvykius el. paštu pranešama iki penkių žmonių. Pašalintam adresui apie tai pranešama.
web.notify_saved = Pranešimai išsaugoti.
web.notify_twice = Šis adresas yra du kartus.
web.notify_what = Apie ką pranešti
"""
