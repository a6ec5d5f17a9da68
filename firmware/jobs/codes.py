"""The error codes of the job history, as data (manual R17 to R20).

`_KINDS` says which code each kind of failure gets and which sentence says more; `SOURCES` says where each code comes from.
The words of a code are at "code.NNN" and "solution.NNN" of the strings table. Start at `code_for`.
"""

# Where a code's number and meaning come from: "manual" = the device's manual; "unconfirmed" = known from such devices, but
# no stored document shows it (cloud-facts 1.4); "ours" = numbers the manual does not use.
SOURCES = {
    1: "unconfirmed",
    101: "unconfirmed",
    311: "unconfirmed",
    312: "unconfirmed",
    313: "unconfirmed",
    314: "unconfirmed",
    350: "unconfirmed",
    351: "unconfirmed",
    352: "unconfirmed",
    360: "manual",  # R18
    361: "manual",  # R19
    370: "manual",  # R20
    371: "ours",
    372: "ours",
    373: "ours",
    374: "ours",
    375: "ours",
    376: "ours",
    377: "ours",
    378: "ours",
    379: "ours",
}

# (kind, code, key of the sentence that says more). Those of 360, 361 and 370 bring their reason with them. None but
# these says anything about the sign-in: a server's switch or a broken network never costs it.
_KINDS = (
    ("not_signed_in", 360, ""),
    ("expired", 361, ""),
    ("reauth", 370, ""),
    # the way to the server
    ("dns", 311, "detail.dns"),
    ("link_down", 313, "detail.link_down"),
    ("connection", 313, "detail.connection"),
    ("protocol", 313, "detail.protocol"),
    ("throttled", 313, "detail.throttled"),
    ("daily_limit", 313, "detail.throttled"),
    ("token_service", 313, "detail.token_service"),
    ("certificate_time", 350, "detail.certificate_time"),
    ("certificate", 351, "detail.certificate"),
    ("tls", 352, "detail.tls"),
    ("starttls_missing", 352, "detail.starttls_missing"),
    # what the server refused before the mail
    ("smtp_auth_disabled_tenant", 312, "detail.smtp_auth_disabled_tenant"),
    ("smtp_auth_disabled_mailbox", 312, "detail.smtp_auth_disabled_mailbox"),
    ("security_defaults", 312, "detail.security_defaults"),
    ("conditional_access", 312, "detail.conditional_access"),
    ("auth_not_offered", 312, "detail.auth_not_offered"),
    ("auth_refused", 312, "detail.auth_refused"),
    ("auth_policy", 312, "detail.auth_refused"),
    ("basic_auth", 312, "detail.auth_refused"),
    # what it refused about the mail
    ("too_large", 314, "detail.too_large"),
    ("sender_refused", 371, "detail.sender_refused"),
    ("mailbox_full", 372, "detail.mailbox_full"),
    ("recipient_refused", 373, "detail.recipient_refused"),
    ("refused", 374, "detail.server_refused"),
    # the device itself
    ("power_failure", 1, "detail.power_failure"),
    ("parked", 1, "detail.parked"),
    ("interrupted", 1, ""),  # a status sheet
    ("document_gone", 375, "detail.document_gone"),
    ("document_changed", 375, "detail.document_gone"),
    ("clock", 376, "detail.clock"),
    ("cancelled", 377, "detail.cancelled"),
    ("storage", 378, "detail.storage"),
    ("memory", 101, "detail.memory"),
    ("printer", 379, "detail.printer"),
)
_REFUSED = 374

_CODES = {kind: code for kind, code, _ in _KINDS}
DETAILS = {kind: key for kind, _, key in _KINDS}


def code_for(kind: str) -> int:
    """The code of a kind of failure. A kind that nobody knows must not stop the queue: it is the server's refusal."""
    return _CODES.get(kind, _REFUSED)


def strings_of(code: int) -> "tuple[str, str]":
    """The keys of what happened and of what to do about it. Codes are shown with three digits."""
    return f"code.{code:03d}", f"solution.{code:03d}"
