"""Words of Web Config in English (`firmware/web/words.py`): of `notice`."""

TABLE = """
web.audit.contacts = The address book was changed
web.audit.export = Something was exported
web.audit.https = HTTPS was switched, or its certificate was made anew
web.audit.import = Settings were imported
web.audit.log_in = Log-in
web.audit.log_in_wrong = A wrong password
web.audit.log_out = Log-out
web.audit.notification = The notifications were changed
web.audit.password = The administrator's password was changed
web.audit.reset = The device was reset to how it left the factory
web.audit.restart = The device was restarted
web.audit.server = The mail server's settings were changed
web.audit.sign_in = A sign-in was begun
web.audit.sign_in_ended = The sign-in has ended
web.audit.sign_in_saved = A sign-in was saved
web.audit.sign_out = The sign-in was erased
web.audit.timeouts = The operation time-out was changed
web.audit.trust = The trusted certificates were changed
web.audit.users = The users were changed
web.audit.verify_off = Certificate Validation was disabled
web.notice.job_failed = A job failed
web.notice.job_failed_text = Job {} to {} failed with code {}. {}
web.notice.locked = Many wrong administrator passwords
web.notice.locked_text = Somebody enters wrong administrator passwords, last from {}. Each further one has to wait \
longer.
web.notice.settings = Settings were changed
web.notice.settings_text = {}, from {}: {}
web.notice.sign_in_ended = The sign-in has ended
web.notice.sign_in_ended_text = The sign-in of {} has ended. {} An administrator must sign in again. This message \
was written when it ended and sent when the device could send again.
web.notice.sign_in_ends = The sign-in will end soon
web.notice.sign_in_ends_text = The sign-in of {} is good until {}: {} more days. Send an email, or sign in again \
before.
"""
