"""Words of Web Config in English (`firmware/web/words.py`): of `security`."""

TABLE = """
web.new_password = New password
web.new_password_again = New password again
web.old_password = Current password
web.password_changed = The administrator's password was changed. Everybody else was logged out.
web.password_differs = The two new passwords differ.
web.password_length = The password must have 8 to 64 characters.
"""
