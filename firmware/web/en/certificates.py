"""Words of Web Config in English (`firmware/web/words.py`): of `certificates`."""

TABLE = """
web.ca_ask = With OK the device will check the mail server against these certificates:
web.ca_ask_builtin = No CA certificate is left: the built-in root certificates count then.
web.ca_ask_erase = It erases the sign-in of {}, for it was made for other certificates. Email jobs fail with code \
360 until an administrator signs in again.
web.ca_builtin = None. The built-in root certificates count.
web.ca_changed = The settings were changed meanwhile. Nothing was saved; do it again.
web.ca_custom_text = The mail server {} is checked against the certificates below, and against nothing else. They \
are a part of the settings on the page
web.ca_dates = Valid
web.ca_file = File
web.ca_file_note = PEM or DER, up to 4 certificates in all.
web.ca_import = Import
web.ca_issuer = Issuer
web.ca_listed = Imported certificates
web.ca_none_given = Choose a file, or paste a certificate.
web.ca_not_used = CA certificates are used with the email service Custom only.
web.ca_nothing_new = These certificates are there already.
web.ca_over = Expired
web.ca_paste = Or paste it (PEM)
web.ca_remove = Remove
web.ca_saved = The CA certificates were changed.
web.ca_subject = Subject
web.ca_text = Microsoft Exchange Online and Outlook.com are checked against the device's built-in root certificates, \
and against nothing else. To use a CA certificate of your own, choose the email service Custom on the page
web.ca_unreadable = This is not a whole certificate in PEM or DER.
"""
