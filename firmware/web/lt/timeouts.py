"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `timeouts`."""

TABLE = """
web.timeouts_note = Tiek laiko nieko nedarant, administratorius atjungiamas.
web.timeouts_panel = Valdymo skydas, minutės
web.timeouts_saved = Laikas išsaugotas.
web.timeouts_web = Web Config, minutės
"""
