"""The email server settings (manual R05, R09) as they are kept: their fields, and the record on flash.

What may be in them, and what goes together, is in `settings_rules.py`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Settings = dict[str, Any]

# In the order of the page: MicroPython's dictionaries have none. Server and port are those of `oauth/provider.py`.
FIELDS: "tuple[tuple[str, Any], ...]" = (
    ("method", "off"),  # "oauth2"
    ("service", "exchange"),  # "outlook", "custom"
    ("account", ""),
    ("password", ""),  # kept as the manual's page has it; never used with OAuth 2.0
    ("sender", ""),
    ("smtp_host", "smtp-mail.outlook.com"),
    ("smtp_port", 587),
    ("secure", "starttls"),  # "tls", "none"
    ("verify", True),
    ("pop3_host", ""),
    ("pop3_port", 110),
    ("keep_alive", True),  # ours: refresh an unused sign-in every week, so that it does not run out by disuse
    ("sender_of", "device"),  # of Scan to My Email: "user" has each sign in with an address of their own (manual R22)
    ("fax_domain", ""),  # of the fax server: a fax is mailed to number@domain (manual R21)
    # of the service Custom, "" for the others
    ("authority", ""),
    ("client_id", ""),
    ("scope", ""),
    ("ca", ""),  # PEM; "" for the built-in roots
)
DEFAULTS: "Settings" = dict(FIELDS)


def load(record: "dict[str, Any] | None") -> "Settings":
    """The settings of a record on flash, with defaults for what is missing or of another type."""
    settings = dict(DEFAULTS)
    if isinstance(record, dict):
        for field, default in FIELDS:
            if field in record and type(record[field]) is type(default):
                settings[field] = record[field]
    return settings


def public(settings: "Settings") -> "Settings":
    """The settings without what nobody may see."""
    return {field: value for field, value in settings.items() if field != "password"}
