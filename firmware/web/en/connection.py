"""Words of Web Config in English (`firmware/web/words.py`): of `connection`."""

TABLE = """
web.test.auth = Sign-in at the mail server (AUTH)
web.test.certificate = Server's certificate
web.test.clock = Date and time
web.test.dns = Server's name (DNS)
web.test.failed = Failed
web.test.passed = Passed
web.test.pending = Not reached
web.test.sender = Message to the sender
web.test.starttls = Secure connection (STARTTLS)
web.test.tcp = Connection (TCP)
web.test.token = Access token
web.test.waiting = Waiting
web.test_again = Start the Test Again
web.test_do = What to do:
web.test_failed = The test failed at: {}.
web.test_intro = The device connects to the mail server with the settings that are saved, signs in with the saved \
sign-in, and sends a short message to the sender's own address, since some servers refuse a wrong sender only then.
web.test_none = Not tested yet.
web.test_off = Email is switched off. Choose OAuth2 and sign in on the page
web.test_passed = All is well: the message was delivered to the mail server.
web.test_result = Result
web.test_running = The test is running. This page notices by itself how it goes.
web.test_stage = Stage
web.test_start = Start the Test
web.test_title = Stages of the test
"""
