"""The words of Web Config, in English as the manual has them (R05-R09). Loaded together with the pages.

One string of lines `key = text`, as in `firmware/panel/strings.py`, which has what other parts have a message for.
"""

from firmware.panel import strings

_TABLE = """
web.account = Authenticated Account
web.account_note = Filled in by the sign-in.
web.administrator_password = Administrator password
web.ask_changed = Another administrator changed these settings after you opened the page. OK replaces their change.
web.ask_erase = Changing {} erases the sign-in of {}. Email jobs fail with code 360 until an administrator signs in \
again.
web.ask_nothing_yet = Nothing has been changed yet.
web.ask_previous = You signed in as {} (tenant {}). Until now the device was signed in as {} (tenant {}).
web.ask_sender = You signed in as {}, but the Sender's Email Address is {}.
web.ask_sign_out = Sign out {}? The sign-in is erased from the device. Email jobs fail with code 360 until an \
administrator signs in again.
web.ask_sign_out_unsaved = Drop the unsaved sign-in of {}? What is saved in the device stays as it is.
web.ask_title = Please confirm
web.ask_unfit = The new sign-in was made for other settings ({}). It is dropped, not saved.
web.ask_verify = Certificate Validation will be disabled: the device will not check that it talks to the real mail \
server, and whoever stands in between can read the email and take the sign-in. Enable is recommended.
web.attempt_failed = The sign-in failed.
web.authority = Authority
web.back = Back
web.bad_form = This form could not be read.
web.basic = Basic
web.blocked = The sign-in was blocked by a policy of your organization.
web.busy = Another administrator has begun to sign this device in. Wait until they have finished, or ask them.
web.ca = CA certificate (PEM)
web.ca_certificate = CA Certificate
web.ca_note = Left empty, the device's built-in root certificates count. Up to 4 certificates.
web.ca_text = Microsoft Exchange Online and Outlook.com are checked against the device's built-in root certificates, \
and against nothing else. For the email service Custom, enter the server's CA certificate on the page
web.cancel = Cancel
web.change_password = Change Administrator Password
web.client_id = Client ID
web.code_expired = The code has expired.
web.contact_add = Add a Contact
web.contact_address = Email Address
web.contact_change = Change the Contact
web.contact_name = Name
web.contact_remove = Remove
web.contact_removed = The contact was removed.
web.contact_saved = The contact was saved.
web.contacts = Contacts
web.contacts_count = Contacts on the panel: {} of {}
web.contacts_none = There are none yet. People at the panel choose from here, or type an address.
web.current_status = Current Status
web.custom = Custom service
web.custom_note = A sign-in provider and a mail server of your own. The sign-in is good for exactly these settings: \
changing one of them erases it.
web.declined = The sign-in was declined.
web.device = Device
web.disable = Disable
web.discard = Discard
web.discarded = The unsaved changes were dropped.
web.email_server = Email Server
web.enable = Enable
web.expired = Sign-in expired
web.failed = Something went wrong in the device. Open the page again and look at what it shows.
web.firmware = Firmware
web.fix_fields = Some fields need your attention. Nothing was saved.
web.foreign_form = This form does not belong to your log-in. Open the page again.
web.good_for = Good for {} more days without use
web.grant_gone = The sign-in has lapsed and was not saved. Sign in again.
web.granted = Sign-in succeeded.
web.interface = Interface
web.interface_additional = Additional network: does not support OAuth 2.0
web.interface_down = Not connected
web.interface_standard = Standard network
web.keep_alive = Keep the Sign-in Alive
web.keep_alive_note = Enable: an unused sign-in is renewed every week. Disable: it runs out after about 90 days without use.
web.kept = What was saved in the device before stays as it is.
web.log_in = Log in
web.log_out = Log out
web.method = Authentication Method
web.method.oauth2 = OAuth2
web.method.off = Off
web.method_first = Choose OAuth2 to sign in.
web.model = Model
web.network = Network
web.new_password = New password
web.new_password_again = New password again
web.no_page = There is no such page.
web.not_saved = Not saved
web.note_standard = OAuth 2.0 works over the standard network ({}) only. The additional network ({}) does not \
support OAuth 2.0: connect the standard network to send email with this sign-in.
web.nothing_to_save = There was nothing to confirm any more. Nothing was changed.
web.notice_certificate = A certificate is needed for the secure functions of the email server. See
web.ok = OK
web.old_password = Current password
web.open_settings = Email Server settings
web.password = Authenticated Password
web.password_changed = The administrator's password was changed. Everybody else was logged out.
web.password_differs = The two new passwords differ.
web.password_length = The password must have 8 to 64 characters.
web.password_locked = Too many wrong passwords. Try again in {} s.
web.password_note = Not used with OAuth2. Leave it empty to keep the one that is stored.
web.password_where = Until somebody changes it, it is the password on the device's label.
web.password_wrong = This is not the administrator's password.
web.pop3_host = POP3 Server Address
web.pop3_note = Not used with OAuth2.
web.pop3_port = POP3 Server Port Number
web.reauth = Sign-in needed again
web.requesting = Asking for a code…
web.root_update = Root Certificate Update
web.roots_text = The root certificates are part of the firmware (version {}) and are updated with it.
web.saved = The settings were saved.
web.saved_sign_in = The sign-in and the settings were saved. The device can send email now.
web.scope = Scope
web.secure = Secure Connection
web.secure.none = None
web.secure.starttls = STARTTLS
web.secure.tls = SSL/TLS
web.security = Product Security
web.sender = Sender's Email Address
web.sender_note = Left empty, it is the account that signed in.
web.serial = Serial Number
web.service = Email service
web.service.custom = Custom
web.service.exchange = Microsoft Exchange Online
web.service.outlook = Outlook.com (personal)
web.session_over = You are not logged in any more. Log in and try again.
web.sign_in = Sign In
web.sign_in_again = Sign In Again
web.sign_in_consent = The first sign-in of an organization needs an account with the Global Administrator role, \
which ticks “Consent on behalf of your organization”.
web.sign_in_custom = Sign in at {}
web.sign_in_intro = The device asks for a code. You enter the code on the sign-in page, in this browser or on \
another device, and sign in there with the account that is to send the email.
web.sign_in_microsoft = Sign in with Microsoft
web.sign_in_receives = The sign-in will be given to the mail server {}.
web.sign_out = Sign Out
web.signed_in = Signed in
web.signed_out = The device is signed out. Its sign-in was erased.
web.smtp_host = SMTP Server Address
web.smtp_port = SMTP Server Port Number
web.somebody_else = Another administrator is signing this device in at the moment.
web.status = Status
web.storage_failed = The device could not write its storage. Nothing was saved.
web.stranger = Log in as administrator to see and change the settings of this device.
web.tenant = Tenant {}
web.title = Web Config
web.try_again = Try Again
web.unsaved = Unsaved sign-in
web.unsaved_other = It was made for other settings than those below and cannot be saved with them: {}.
web.unsaved_text = {} is signed in on this page only. The device does not have the sign-in until you press OK.
web.verify = Certificate Validation
web.verify_note = Enable is recommended. With Disable the device does not check that it talks to the real server: \
whoever stands in between can read the email and take the sign-in.
web.verify_off = Certificate Validation is disabled. The identity of the mail server is not checked.
web.waiting = Enter this code
web.waiting_left = The code is good for {} min {} s more. This page notices by itself when you have signed in.
web.waiting_never = Never enter a code that someone sent you: it would sign in their device with your account.
web.waiting_where = on this page:
web.waiting_whose = You are signing in {}, serial number {}.
web.yes_save = Save
"""


def text(key: str, *arguments: str) -> str:
    """The words for `key`, each "{}" in them replaced by the next argument. Raises KeyError for an unknown web.* key."""
    if not key.startswith("web."):
        return strings.text(key, "en", *arguments)
    mark = "\n" + key + " = "
    start = _TABLE.find(mark)
    if start < 0:
        raise KeyError(key)
    start += len(mark)
    words = _TABLE[start : _TABLE.find("\n", start)]
    for argument in arguments:
        words = words.replace("{}", argument, 1)
    return words


def reason(words: str) -> str:
    """Why a sign-in ended, in the device's words and the cloud's own."""
    return strings.reason(words, "en")
