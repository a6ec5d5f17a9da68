"""The error codes of the job history, as data (manual R17 to R20).

`_TABLE` says which code each kind of failure gets and which sentence says more. Where the numbers come from is in
`tests/unit/test_codes.py`. The words of a code are at "code.NNN" and "solution.NNN" of the strings. Start at `code_for`.
"""

# kind, code, and the key of the sentence that says more, after "detail.": left out when it is the kind's name, "-" when
# there is none. 360, 361 and 370 bring their reason with them. None but these says anything about the sign-in: a server's
# switch or a broken network never costs it. One text, since a table of objects takes several times as much memory.
_TABLE = (
    "\nnot_signed_in 360 -"
    "\nexpired 361 -"
    "\nreauth 370 -"
    # the way to the server
    "\ndns 311"
    "\nlink_down 313"
    "\nconnection 313"
    "\nprotocol 313"
    "\nthrottled 313"
    "\ndaily_limit 313 throttled"
    "\ntoken_service 313"
    "\ncertificate_time 350"
    "\ncertificate 351"
    "\ntls 352"
    "\nstarttls_missing 352"
    # what the server refused before the mail
    "\nsmtp_auth_disabled_tenant 312"
    "\nsmtp_auth_disabled_mailbox 312"
    "\nsecurity_defaults 312"
    "\nconditional_access 312"
    "\nauth_not_offered 312"
    "\nauth_refused 312"
    "\nauth_policy 312 auth_refused"
    "\nbasic_auth 312 auth_refused"
    # what it refused about the mail
    "\ntoo_large 314"
    "\nsender_refused 371"
    "\nmailbox_full 372"
    "\nrecipient_refused 373"
    "\nrefused 374 server_refused"
    # the device itself
    "\npower_failure 1"
    "\nparked 1"
    "\ninterrupted 1 -"  # a status sheet
    "\ndocument_gone 375"
    "\ndocument_changed 375 document_gone"
    "\nclock 376"
    "\ncancelled 377"
    "\nstorage 378"
    "\nmemory 101"
    "\nprinter 379"
)
_REFUSED = 374


def code_for(kind: str) -> int:
    """The code of a kind of failure. A kind that nobody knows must not stop the queue: it is the server's refusal."""
    row = _row(kind)
    return int(row[1]) if row else _REFUSED


def detail_of(kind: str) -> str:
    """The key of the sentence that says more about a kind of failure, "" when there is none."""
    row = _row(kind)
    if not row or row[-1] == "-":
        return ""
    return "detail." + (row[2] if len(row) > 2 else kind)


def kinds() -> "list[str]":
    return [row.partition(" ")[0] for row in _TABLE.split("\n")[1:]]


def _row(kind: str) -> "list[str]":
    begin = _TABLE.find("\n" + kind + " ")
    return _TABLE[begin + 1 :].partition("\n")[0].split(" ") if begin >= 0 else []


def strings_of(code: int) -> "tuple[str, str]":
    """The keys of what happened and of what to do about it. Codes are shown with three digits."""
    return f"code.{code:03d}", f"solution.{code:03d}"
