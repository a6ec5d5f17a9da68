"""Words of Web Config in English (`firmware/web/words.py`): of `users_list`."""

TABLE = """
web.csv_admin = The column admin takes yes or nothing, not: {}.
web.csv_cells = This line should have {} cells.
web.csv_columns = The first line must name the columns, each once: {}.
web.csv_export = Export
web.csv_export_note = All users as CSV, without their PINs.
web.csv_file = CSV File
web.csv_file_note = UTF-8, up to {} users and 16 KB at a time, {} users in all. Users that are there already are \
replaced, others stay. A long list may take some minutes: leave this page open.
web.csv_head = The first line names the columns: id, name, email, pin, admin. Only id and email must be there.
web.csv_import = Import
web.csv_imported = {} users were imported.
web.csv_line = Line {}:
web.csv_none = Choose a file, or paste a list.
web.csv_not_utf8 = This file is not a text in UTF-8.
web.csv_paste = Or paste the list
web.csv_too_long = Import up to {} users at a time.
web.csv_wrong = Nothing was imported. What is wrong:
web.pin = Enter a PIN or password of {} to 64 characters.
web.user_id = Enter 1 to {} letters a to z, digits, dots, hyphens or underscores as ID.
web.user_twice = This ID is there already: {}.
web.users_full = There is room for {} users.
"""
