"""Words of Web Config in English (`firmware/web/words.py`): of `email`."""

TABLE = """
web.account = Authenticated Account
web.account_note = Filled in by the sign-in.
web.ask_changed = Another administrator changed these settings after you opened the page. OK replaces their change.
web.ask_erase = Changing {} erases the sign-in of {}. Email jobs fail with code 360 until an administrator signs in \
again.
web.ask_previous = You signed in as {} (tenant {}). Until now the device was signed in as {} (tenant {}).
web.ask_sender = You signed in as {}, but the Sender's Email Address is {}.
web.ask_sign_out = Sign out {}? The sign-in is erased from the device. Email jobs fail with code 360 until an \
administrator signs in again.
web.ask_sign_out_unsaved = Drop the unsaved sign-in of {}? What is saved in the device stays as it is.
web.ask_unfit = The new sign-in was made for other settings ({}). It is dropped, not saved.
web.ask_verify = Certificate Validation will be disabled: the device will not check that it talks to the real mail \
server, and whoever stands in between can read the email and take the sign-in. Enable is recommended.
web.authority = Authority
web.ca = CA certificate (PEM)
web.ca_note = Left empty, the device's built-in root certificates count. Up to 4 certificates.
web.client_id = Client ID
web.custom = Custom service
web.custom_note = A sign-in provider and a mail server of your own. The sign-in is good for exactly these settings: \
changing one of them erases it.
web.discard = Discard
web.fax_domain = Fax Server Domain
web.fax_domain_note = A fax to 012345 goes as an email to 012345@ this domain.
web.fax_note = The fax server has an account and a sign-in of its own, apart from those of the device.
web.good_for = Good for {} more days without use
web.grant_gone = The sign-in has lapsed and was not saved. Sign in again.
web.granted = Sign-in succeeded.
web.keep_alive = Keep the Sign-in Alive
web.keep_alive_note = Enable: an unused sign-in is renewed every week. Disable: it runs out after about 90 days \
without use.
web.method = Authentication Method
web.method.oauth2 = OAuth2
web.method.off = Off
web.method_first = Choose OAuth2 to sign in.
web.not_saved = Not saved
web.note_standard = OAuth 2.0 works over the standard network ({}) only. The additional network ({}) does not \
support OAuth 2.0: connect the standard network to send email with this sign-in.
web.notice_certificate = A certificate is needed for the secure functions of the email server. See
web.password = Authenticated Password
web.password_note = Not used with OAuth2. Leave it empty to keep the one that is stored.
web.pop3_host = POP3 Server Address
web.pop3_note = Not used with OAuth2.
web.pop3_port = POP3 Server Port Number
web.saved = The settings were saved.
web.saved_sign_in = The sign-in and the settings were saved. The device can send email now.
web.scope = Scope
web.secure = Secure Connection
web.secure.none = None
web.secure.starttls = STARTTLS
web.secure.tls = SSL/TLS
web.sender = Sender's Email Address
web.sender_note = Left empty, it is the account that signed in.
web.sender_of = Sender of Scan to My Email
web.sender_of.device = Sender's Email Address
web.sender_of.user = User's email address
web.service = Email service
web.service.custom = Custom
web.service.exchange = Microsoft Exchange Online
web.service.outlook = Outlook.com (personal)
web.sign_in = Sign In
web.sign_in_again = Sign In Again
web.sign_out = Sign Out
web.signed_out = The device is signed out. Its sign-in was erased.
web.smtp_host = SMTP Server Address
web.smtp_port = SMTP Server Port Number
web.somebody_else = Another administrator is signing this device in at the moment.
web.tenant = Tenant {}
web.unsaved = Unsaved sign-in
web.unsaved_other = It was made for other settings than those below and cannot be saved with them: {}.
web.unsaved_text = {} is signed in on this page only. The device does not have the sign-in until you press OK.
web.verify = Certificate Validation
web.verify_note = Enable is recommended. With Disable the device does not check that it talks to the real server: \
whoever stands in between can read the email and take the sign-in.
web.verify_off = Certificate Validation is disabled. The identity of the mail server is not checked.
"""
