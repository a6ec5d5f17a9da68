"""Words of Web Config in English (`firmware/web/words.py`): of `history`."""

TABLE = """
web.history_code = Code
web.history_document = Document
web.history_download = Download as CSV
web.history_intro = The newest {} jobs. Times are UTC.
web.history_kind = Kind
web.history_none = There are no jobs yet.
web.history_number = Number
web.history_status = Status
web.history_to = To
web.history_when = When
web.history_why = Details
"""
