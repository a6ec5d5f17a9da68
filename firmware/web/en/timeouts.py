"""Words of Web Config in English (`firmware/web/words.py`): of `timeouts`."""

TABLE = """
web.timeouts_note = Without a press or a request for so long, the administrator is logged out.
web.timeouts_panel = Control panel, minutes
web.timeouts_saved = The times were saved.
web.timeouts_web = Web Config, minutes
"""
