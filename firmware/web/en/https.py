"""Words of Web Config in English (`firmware/web/words.py`): of `https`."""

TABLE = """
web.https_certificate = Certificate of the device
web.https_compare = Nobody vouches for a certificate that the device made itself, so the browser warns at the first \
visit. Go on there only if the fingerprint that it shows is the one at the control panel (Network Status) or on the \
status sheet. It stays when the address changes.
web.https_fingerprint = SHA-256 fingerprint
web.https_from = Comes from
web.https_given = Provisioning
web.https_good = Valid
web.https_new = Make a new certificate
web.https_new_done = The device has a new certificate and key. Browsers warn again: compare the fingerprint.
web.https_no_end = It has no end, since the clock may be unset and nobody renews it.
web.https_none = The device has no certificate yet. It makes one when HTTPS is switched on, which takes some seconds.
web.https_off = HTTPS is off
web.https_off_done = Everybody was logged out. The control panel shows where Web Config is now.
web.https_off_text = Whoever is on the network can read what you type here, the administrator password too.
web.https_on = HTTPS is on
web.https_on_done = In a moment everybody is logged out. Then open Web Config over HTTPS, compare the fingerprint with \
the one at the control panel, and log in again.
web.https_on_text = Web Config is open over HTTPS only. HTTP leads there and does nothing else.
web.https_open = Open Web Config over HTTPS
web.https_own = The device itself
web.https_switch_off = Switch HTTPS off
web.https_switch_on = Switch HTTPS on
"""
