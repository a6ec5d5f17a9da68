"""Words of Web Config in English (`firmware/web/words.py`): of `notification`."""

TABLE = """
web.notify_address = Address {}
web.notify_address_note = Left empty, it is not used.
web.notify_changed = Somebody else changed the notifications meanwhile. Open the page again.
web.notify_ended_note = A notice that the sign-in has ended can only be sent when there is one again.
web.notify_event.job_failed = A job failed
web.notify_event.locked = Many wrong administrator passwords
web.notify_event.settings = Server, trust, users or other settings were changed
web.notify_event.sign_in_ended = The sign-in has ended
web.notify_event.sign_in_ends = The sign-in will end in 14, 7 and 1 days
web.notify_intro = Up to five people are told by email. An address that is taken out is told so.
web.notify_saved = The notifications were saved.
web.notify_twice = This address is there twice.
web.notify_what = What to tell
"""
