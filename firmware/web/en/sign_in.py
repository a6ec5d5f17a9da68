"""Words of Web Config in English (`firmware/web/words.py`): of `sign_in`."""

TABLE = """
web.attempt_failed = The sign-in failed.
web.blocked = The sign-in was blocked by a policy of your organization.
web.busy = Another administrator has begun to sign this device in. Wait until they have finished, or ask them.
web.code_expired = The code has expired.
web.declined = The sign-in was declined.
web.kept = What was saved in the device before stays as it is.
web.requesting = Asking for a code…
web.sign_in = Sign In
web.sign_in_consent = The first sign-in of an organization needs an account with the Global Administrator role, \
which ticks “Consent on behalf of your organization”.
web.sign_in_custom = Sign in at {}
web.sign_in_intro = The device asks for a code. You enter the code on the sign-in page, in this browser or on \
another device, and sign in there with the account that is to send the email.
web.sign_in_microsoft = Sign in with Microsoft
web.sign_in_receives = The sign-in will be given to the mail server {}.
web.try_again = Try Again
web.waiting = Enter this code
web.waiting_left = The code is good for {} min {} s more. This page notices by itself when you have signed in.
web.waiting_never = Never enter a code that someone sent you: it would sign in their device with your account.
web.waiting_where = on this page:
web.waiting_whose = You are signing in {}, serial number {}.
"""
