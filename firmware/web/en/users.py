"""Words of Web Config in English (`firmware/web/words.py`): of `users`."""

TABLE = """
web.pin = Enter a PIN or password of {} to 64 characters.
web.user_add = Add a User
web.user_admin = Printer administrator
web.user_admin_note = Signs in first, with consent for the organization.
web.user_administrator = Administrator
web.user_change = Change the User
web.user_changed = Somebody else changed this user meanwhile. Choose the user from the list again.
web.user_email = Email Address
web.user_id = Enter 1 to {} letters a to z, digits, dots, hyphens or underscores as ID.
web.user_id_label = User ID
web.user_id_note = Letters a to z, digits and . - _
web.user_name = Display Name
web.user_pin = PIN or password
web.user_pin_kept = Left empty, it stays as it is.
web.user_pin_note = At least 4 characters. With it the user logs in at the panel.
web.user_remove = Remove
web.user_removed = The user and their sign-in were removed.
web.user_saved = The user was saved.
web.user_twice = This ID is there already: {}.
web.users_count = Users: {} of {}
web.users_first = From the Beginning
web.users_full = There is room for {} users.
web.users_intro = They may use Scan to My Email at the panel. Each signs in with their own account the first time.
web.users_next = More Users
web.users_none = There are none yet.
"""
