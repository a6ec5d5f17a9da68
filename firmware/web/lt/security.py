"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `security`."""

TABLE = """
web.new_password = Naujas slaptažodis
web.new_password_again = Naujas slaptažodis dar kartą
web.old_password = Dabartinis slaptažodis
web.password_changed = Administratoriaus slaptažodis pakeistas. Visi kiti atjungti.
web.password_differs = Nauji slaptažodžiai nesutampa.
web.password_length = Slaptažodį turi sudaryti 8–64 ženklai.
"""
