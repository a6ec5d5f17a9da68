"""The token service's errors: number, OAuth error, suberror and words, as data (cloud-facts 3.2, 3.6, 3.7).

A row's words may hold `{name}`s, which whoever raises `ServiceError` fills in. Add a row to teach the cloud a new error;
`words` gives what a person reads on the sign-in pages.
"""

from __future__ import annotations

from typing import NamedTuple

UNKNOWN_WORDS = "The token service refused the request."


class Row(NamedTuple):
    error: str
    words: str
    suberror: str = ""


_MFA = "you must use multi-factor authentication to access '{resource}'."
_MOVED = "Due to a configuration change made by your administrator, or because you moved to a new location, "
_NOT_VALID = "The provided value for the input parameter '{parameter}' is not valid."

AADSTS: dict[int, Row] = {
    28000: Row(
        "invalid_request",
        "Provided value for the input parameter scope is not valid because it contains more than one resource.",
    ),
    50034: Row(
        "invalid_grant",
        "The user account {account} does not exist in the {tenant} directory. To sign into this application, the account "
        "must be added to the directory.",
        "bad_token",
    ),
    50053: Row(
        "invalid_grant",
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    ),
    50055: Row("invalid_grant", "The password is expired.", "user_password_expired"),
    50057: Row("invalid_grant", "The user account is disabled."),
    50072: Row("invalid_grant", _MOVED + "you must enroll in multi-factor authentication to access '{resource}'."),
    50074: Row("invalid_grant", "Strong Authentication is required."),
    50076: Row("invalid_grant", _MOVED + _MFA, "basic_action"),
    50078: Row("invalid_grant", "Presented multi-factor authentication has expired due to policies.", "basic_action"),
    50079: Row(
        "interaction_required",
        _MOVED + "you must enroll in multi-factor authentication to access '{resource}'.",
        "basic_action",
    ),
    50097: Row("interaction_required", "Device authentication is required."),
    50105: Row(
        "invalid_grant",
        "The signed in user is not assigned to a role for the application '{client_id}'({application}).",
    ),
    50126: Row("invalid_grant", "Error validating credentials due to invalid username or password."),
    50173: Row(
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed "
        "or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before which tokens are "
        "not valid) for this user is '{valid_from}'.",
        "bad_token",
    ),
    50194: Row(
        "invalid_request",
        "Application '{client_id}'({application}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such apps.",
    ),
    50196: Row("invalid_grant", "The server terminated an operation because it encountered a client request loop."),
    53000: Row("invalid_grant", "Device is not in required device state: compliant."),
    53001: Row("invalid_grant", "Device is not in required device state: domain_joined."),
    53002: Row("invalid_grant", "Application used is not an approved application for Conditional Access."),
    53003: Row(
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        "message_only",
    ),
    530032: Row("invalid_grant", "Blocked by security policy."),
    530034: Row("invalid_grant", "A delegated administrator was blocked from accessing the tenant."),
    530035: Row("invalid_grant", "Access has been blocked by security defaults."),
    530036: Row(
        "invalid_grant",
        "The refresh token is invalid due to authentication flow checks by Conditional Access. The token was issued on "
        "{issued}.",
        "bad_token",
    ),
    65001: Row(
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{client_id}' named '{application}'. "
        "Send an interactive authorization request for this user and resource.",
        "consent_required",
    ),
    65004: Row("authorization_declined", "User declined to consent to access the app."),  # number unconfirmed
    65005: Row("invalid_resource", "The application asks for a resource that it is not configured for."),
    650052: Row("invalid_client", "The app needs access to a service that your organization has not subscribed to."),
    650056: Row("invalid_client", "Misconfigured application."),
    650057: Row(
        "invalid_resource", "Invalid resource. The client has requested access to a resource not listed for it."
    ),
    70000: Row("invalid_grant", "Provided grant is invalid or malformed.", "bad_token"),
    700005: Row(
        "invalid_grant",
        "Provided refresh token is intended to be used against another client.",
        "client_mismatch",
    ),
    70003: Row("unsupported_grant_type", "The app requested an unsupported grant type '{grant_type}'."),
    70008: Row("invalid_grant", "The provided authorization code or refresh token has expired due to inactivity."),
    70011: Row(
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' "
        "is not valid. The scope {scope} is not valid.",
    ),
    70016: Row("authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    700016: Row(
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "
        "You may have sent your authentication request to the wrong tenant.",
    ),
    70018: Row("bad_verification_code", "Bad verification code. " + _NOT_VALID.format(parameter="device_code")),
    70020: Row("expired_token", _NOT_VALID.format(parameter="device_code") + " This device code has expired."),
    700025: Row(
        "invalid_client", "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
    ),
    70043: Row(
        "invalid_grant",
        "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access. The token was "
        "issued on {issued} and the maximum allowed lifetime for this request is {seconds}.",
        "token_expired",
    ),
    700082: Row(
        "invalid_grant",
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for "
        "{inactive}.",
        "bad_token",
    ),
    7000112: Row("unauthorized_client", "Application '{client_id}'({application}) is disabled."),
    7000215: Row("invalid_client", "Invalid client secret provided."),
    7000218: Row(
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    900144: Row("invalid_request", "The request body must contain the following parameter: '{parameter}'."),
    90002: Row(
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct "
        "cloud.",
    ),
    90013: Row("invalid_request", "Invalid input received from the user."),
    90055: Row("temporarily_unavailable", "Tenant request rate is over the limit."),
    900561: Row("invalid_request", "The endpoint only accepts POST requests. Received a {method} request."),
    90072: Row(
        "invalid_grant",
        "User account '{account}' from another identity provider does not exist in tenant '{tenant}' and cannot access the "
        "application '{client_id}'({application}) in that tenant.",
    ),
    90094: Row("invalid_grant", "Admin consent is required for the permissions requested by this application."),
    9001023: Row("invalid_request", "The grant type is not supported over the /common or /consumers endpoints."),
    9002313: Row("invalid_grant", "Invalid request. Request is malformed or invalid."),
    9002331: Row(
        "invalid_request",
        "Application '{client_id}'({application}) is configured for use by Microsoft Account users only. Please use the "
        "/consumers endpoint to serve this request.",
    ),
    9002332: Row(
        "invalid_request",
        "Application '{client_id}'({application}) is configured for use by Azure Active Directory users only. Please do not "
        "use the /consumers endpoint to serve this request.",
    ),
}


class _Blank(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


class ServiceError(Exception):
    """The token service's refusal. `error` overrides that of the table's row."""

    def __init__(self, number: int, error: str = "", **words: object) -> None:
        row = AADSTS.get(number, Row("invalid_grant", UNKNOWN_WORDS))
        self.number = number
        self.error = error or row.error
        self.suberror = row.suberror
        self.words = row.words.format_map(_Blank({name: str(word)[:200] for name, word in words.items()}))
        super().__init__(f"AADSTS{number}: {self.words}")
