"""Words of Web Config in English (`firmware/web/words.py`): of `audit`."""

TABLE = """
web.audit_about = About
web.audit_download = Download as CSV
web.audit_intro = The newest {} events. Times are UTC.
web.audit_none = Nothing has happened yet.
web.audit_what = What
web.audit_when = When
web.audit_where = From
"""
