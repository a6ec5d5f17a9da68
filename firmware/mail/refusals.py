"""What it means when a mail server refuses: loaded when one does. Start at `_REFUSALS`; change it there."""

# (step, code, enhanced code, words, kind); 0 and "" match all, the first row that matches counts.
# Replies of Exchange: cloud-facts 4.4 and 4.5.
_REFUSALS = (
    ("hello", 0, "", "", "starttls_missing"),  # not extended SMTP
    ("starttls", 0, "", "", "starttls_missing"),
    ("", 0, "5.7.139", "disabled for the tenant", "smtp_auth_disabled_tenant"),
    ("", 0, "5.7.139", "disabled for the mailbox", "smtp_auth_disabled_mailbox"),
    ("", 0, "5.7.139", "security defaults", "security_defaults"),
    ("", 0, "5.7.139", "did not meet the criteria", "conditional_access"),
    ("", 0, "5.7.139", "basic authentication", "basic_auth"),
    ("", 0, "5.7.139", "credentials were incorrect", "basic_auth"),
    ("", 0, "5.7.139", "", "auth_policy"),
    ("", 0, "5.7.30", "", "basic_auth"),
    ("", 0, "", "must issue a starttls", "starttls_missing"),
    ("", 530, "", "", "auth_not_offered"),
    ("auth", 535, "", "", "auth_refused"),
    ("auth", 500, "", "", "auth_not_offered"),
    ("auth", 502, "", "", "auth_not_offered"),
    ("auth", 503, "", "", "auth_not_offered"),
    ("auth", 504, "", "", "auth_not_offered"),
    ("auth", 534, "", "", "auth_not_offered"),
    ("auth", 538, "", "", "auth_not_offered"),
    ("", 0, "5.7.60", "", "sender_refused"),
    ("", 0, "5.2.252", "", "sender_refused"),
    ("", 0, "", "sendasdenied", "sender_refused"),
    ("mail", 0, "5.1.7", "", "sender_refused"),
    ("mail", 553, "", "", "sender_refused"),
    ("", 0, "", "submissionquotaexceeded", "daily_limit"),
    ("", 0, "", "quotaexceeded", "mailbox_full"),
    ("", 0, "5.2.2", "", "mailbox_full"),
    ("", 0, "5.3.4", "", "too_large"),
    ("", 552, "", "", "too_large"),
    ("", 0, "5.1.10", "", "recipient_refused"),
    ("rcpt", 0, "", "", "recipient_refused"),
    ("", 0, "", "", "refused"),
)

# Those that no fresh token mends, whatever the mail: a server's or an organization's switch.
REFUSES_ALL = (
    "smtp_auth_disabled_tenant",
    "smtp_auth_disabled_mailbox",
    "security_defaults",
    "conditional_access",
    "auth_not_offered",
    "auth_policy",
    "basic_auth",
)


def kind_of(step: str, code: int, status: str, words: str) -> str:
    """What a 5xx means. `status`: its enhanced code, or ""; `words`: in small letters."""
    for row_step, row_code, row_status, row_words, kind in _REFUSALS:
        if row_step in ("", step) and row_code in (0, code) and row_status in ("", status) and row_words in words:
            return kind
    raise AssertionError("the last row matches all")
