"""Words of Web Config in English (`firmware/web/words.py`): of `transfer`."""

TABLE = """
web.notify_twice = This address is there twice.
web.transfer_account = The sign-in of {} is erased by these settings.
web.transfer_changes = These parts will be changed: {}.
web.transfer_export = Export
web.transfer_export_note = All settings as JSON, without passwords, sign-ins and users.
web.transfer_file = File
web.transfer_file_note = As it was exported. Up to 16 KB.
web.transfer_format = These are not settings that a device like this one has exported.
web.transfer_import = Import
web.transfer_json = This is not JSON.
web.transfer_meanwhile = The settings were changed meanwhile. Nothing was imported.
web.transfer_none = Choose a file.
web.transfer_nothing = The device has these settings already.
web.transfer_problem = In {}: {}
web.transfer_saved = The settings were imported.
web.transfer_unknown = unknown: {}
web.transfer_value = not possible: {}
"""
