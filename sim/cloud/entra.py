"""The simulated token service: discovery, device code and token endpoints in the real one's dialect (cloud-facts 3).

No I/O: `TokenService.handle` takes a request and returns a response. What a person does on the sign-in pages is `lookup`,
`authenticate`, `next_step`, `accept` and `decline`; `sign_in` does all of it in one call.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from sim.cloud.aadsts import AADSTS, UNKNOWN_WORDS, ServiceError
from sim.cloud.device_codes import DEVICE_CODE_S, INTERVAL_S, Attempt, Client, DeviceCodes, SignInProblem
from sim.cloud.directory import BLOCK_DEVICE_CODE, ORGANIZATION, Directory, Tenant, User, guid
from sim.cloud.tokens import Grant, Mint, client_info
from sim.httpd import Request, Response

LOGIN_HOST = "login.microsoftonline.com"
CLIENT_ID = "6f1c8a52-3f0b-4f5e-9a77-5ca4905e0001"
PARTNER_CLIENT_ID = "6f1c8a52-3f0b-4f5e-9a77-5ca4905e0002"  # registered by somebody else

_WORK_CODE_LENGTH = 9
_PERSONAL_CODE_LENGTH = 8
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that a person takes for something else
_LEAST_LIFE_S, _MOST_LIFE_S = 3600, 5400  # of an access token (cloud-facts 3.4)
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_GRANTS = (_DEVICE_GRANT, "refresh_token", "authorization_code", "password", "client_credentials")
_COMMON, _ORGANIZATIONS, _CONSUMERS = "common", "organizations", "consumers"
_OPENID = ("openid", "profile", "email", "offline_access")
_GRAPH = "https://graph.microsoft.com"
_MAX_FIELDS = 50
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# Delegated permissions that a client may ask for: resource -> names. Exchange's SMTP takes only the first (cloud-facts 3.8).
RESOURCES = {
    "https://outlook.office.com": ("SMTP.Send", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All"),
    _GRAPH: ("User.Read", "Mail.Send"),
}

_HEADERS = {
    "Cache-Control": "no-store, no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-ests-server": "2.1.22000.0 - NEULR1 ProdSlices",
}

Json = dict[str, Any]


CLIENTS = {id: Client(id, name) for id, name in ((CLIENT_ID, "Scanpost"), (PARTNER_CLIENT_ID, "A partner's printers"))}


_WRONG_ACCOUNT = "We couldn't find an account with that username."
_WORK_ONLY = "You can't sign in here with a personal account. Use your work or school account instead."
_PERSONAL_ONLY = "You can't sign in here with a work or school account. Use your personal account instead."
_WRONG_PASSWORD = "Your account or password is incorrect. If you don't remember your password, reset it now."  # noqa: S105
_DISABLED = "Your account has been locked. Contact your support person to unlock it, then try again."
_BLOCKED = "Your sign-in was successful but does not meet the criteria to access this resource."
_NEEDS_ADMIN = (
    "{application} needs permission to access resources in your organization that only an admin can grant. Please ask an "
    "admin to grant permission to this app before you can use it."
)


class TokenService(DeviceCodes):
    """`directory`: gives the directory as it is now. `change_consent(tenant, who)` keeps a consent before it counts."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        mint: Mint,
        now: Callable[[], float],
        random: random.Random,
        verification_uri: Callable[[], str],
        change_consent: Callable[[Tenant, str], None],
        on_event: Callable[[Json], None],
    ) -> None:
        super().__init__("login", now, random, on_event)
        self._directory = directory
        self._mint = mint
        self._verification_uri = verification_uri
        self._change_consent = change_consent

    # --- the wire ---

    def handle(self, request: Request) -> Response:
        event: Json = {"where": "login", "request": f"{request.method} {request.path[:200]}"}
        try:
            answer = self._answer(request, event)
        except ServiceError as error:
            event |= {"error": error.error, "aadsts": error.number}
            response = self.refusal(error, request)
        else:
            response = self._json(200, answer, request) if isinstance(answer, dict) else answer
        self._on_event({**event, "status": response.status})
        return response

    def refusal(self, error: ServiceError, request: Request, status: int = 400) -> Response:
        """The error as the service words it (cloud-facts 3.6)."""
        timestamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace_id, correlation_id = guid(self._random), self._correlation_id(request)
        body: Json = {
            "error": error.error,
            "error_description": f"{error} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
            "error_codes": [error.number],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"{_base(request)}/error?code={error.number}",
        }
        if error.suberror:
            body["suberror"] = error.suberror
        response = self._json(status, body, request)
        response.headers["x-ms-request-id"] = trace_id
        response.headers["x-ms-clitelem"] = f"1,{error.number},0,,"
        return response

    def throttled(self, request: Request) -> Response:
        return self.refusal(ServiceError(90055), request, status=429)

    def _answer(self, request: Request, event: Json) -> Json | Response:
        parts = request.path.strip("/").split("/")
        endpoint = "/".join(parts[1:])
        if endpoint == "v2.0/.well-known/openid-configuration" and request.method == "GET":
            return self._discovery(parts[0], _base(request))
        if endpoint == "discovery/v2.0/keys" and request.method == "GET":
            return self._mint.keys()
        if endpoint in ("oauth2/v2.0/devicecode", "oauth2/v2.0/token"):
            if request.method != "POST":
                raise ServiceError(900561, method=request.method)
            self._need_tenant(parts[0])
            form = self._form(request)
            client = self._client(form, parts[0])
            if endpoint.endswith("devicecode"):
                return self._device_code(parts[0], client, form)
            event["grant_type"] = form["grant_type"] if form.get("grant_type") in _GRANTS else ""
            return self._token(parts[0], client, form, _base(request))
        if request.path == "/error" and request.method == "GET":
            return _error_page(request.query.get("code", ""))
        return Response(404, "There is nothing here.\n", headers=dict(_HEADERS))

    def _json(self, status: int, body: Json, request: Request) -> Response:
        headers = {**_HEADERS, "x-ms-request-id": guid(self._random)}
        if "client-request-id" in request.headers:
            headers["client-request-id"] = self._correlation_id(request)
        return Response(status, json.dumps(body), "application/json; charset=utf-8", headers)

    def _correlation_id(self, request: Request) -> str:
        asked = request.headers.get("client-request-id", "")
        return asked if _GUID.fullmatch(asked) else guid(self._random)

    def _form(self, request: Request) -> dict[str, str]:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/x-www-form-urlencoded":
            raise ServiceError(900144, parameter="client_id")
        try:
            pairs = parse_qsl(
                request.body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
            )
        except ValueError:
            raise ServiceError(90013) from None
        form = dict(pairs)
        if len(form) != len(pairs):  # RFC 6749 3.2: parameters must not be included more than once
            raise ServiceError(90013)
        return form

    # --- who asks, and for what ---

    def _need_tenant(self, authority: str) -> None:
        if authority not in (_COMMON, _ORGANIZATIONS, _CONSUMERS) and self._directory().tenant(authority) is None:
            raise ServiceError(90002, tenant=authority)

    def _client(self, form: dict[str, str], authority: str) -> Client:
        if not form.get("client_id"):
            raise ServiceError(900144, parameter="client_id")
        client = CLIENTS.get(form["client_id"].lower())
        if client is None:
            raise ServiceError(700016, client_id=form["client_id"], tenant=authority)
        if "client_secret" in form or "client_assertion" in form:
            raise ServiceError(700025)
        return client

    def _scopes(self, text: str) -> tuple[str, ...]:
        """The scopes of a request in full and in the service's own spelling. Raises ServiceError."""
        scopes: list[str] = []
        for word in text.split(" "):
            scope = _known_scope(word)
            if scope is None and word:
                raise ServiceError(70011, scope=word)
            if scope and scope not in scopes:
                scopes.append(scope)
        if not scopes:
            raise ServiceError(900144, parameter="scope")
        if len({_resource(scope) for scope in scopes if scope not in _OPENID}) > 1:
            raise ServiceError(28000)
        return tuple(scopes)

    def _serves(self, authority: str, tenant: Tenant) -> bool:
        """Whether accounts of this tenant can be used with this authority."""
        if authority in (_COMMON, _ORGANIZATIONS, _CONSUMERS):
            return authority == _COMMON or tenant.personal == (authority == _CONSUMERS)
        return self._directory().tenant(authority) is tenant

    def _need_authority(self, authority: str, tenant: Tenant, client: Client) -> None:
        if not self._serves(authority, tenant):
            number = 9002331 if tenant.personal else 9002332 if authority == _CONSUMERS else 90072
            raise ServiceError(
                number,
                client_id=client.id,
                application=client.name,
                tenant=authority,
                account="of another tenant",
            )

    # --- endpoints ---

    def _discovery(self, authority: str, base: str) -> Json:
        self._need_tenant(authority)
        tenant = self._directory().tenant(authority)
        tenant_id = tenant.id if tenant else "{tenantid}"
        if authority == _CONSUMERS:
            tenant_id = self._directory().personal.id
        return {
            "token_endpoint": f"{base}/{authority}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/{authority}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/{tenant_id}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": f"{base}/{authority}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/{authority}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/{authority}/oauth2/v2.0/logout",
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "name",
                "tid",
                "ver",
                "preferred_username",
                "email",
            ],
            "tenant_region_scope": "EU" if tenant else None,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        }

    def _device_code(self, authority: str, client: Client, form: dict[str, str]) -> Json:
        scopes = self._scopes(form.get("scope", ""))
        length = _PERSONAL_CODE_LENGTH if authority == _CONSUMERS else _WORK_CODE_LENGTH
        attempt = self._issue(authority, client, scopes, _CODE_LETTERS, length, f"{authority[0].upper()}AQABIQEAAA")
        uri = self._verification_uri()
        return {
            "user_code": attempt.user_code,
            "device_code": attempt.device_code,
            "verification_uri": uri,
            "expires_in": DEVICE_CODE_S,
            "interval": INTERVAL_S,
            "message": f"To sign in, use a web browser to open the page {uri} and enter the code {attempt.user_code} "
            "to authenticate.",
        }

    def _token(self, authority: str, client: Client, form: dict[str, str], base: str) -> Json:
        grant_type = form.get("grant_type", "")
        if not grant_type:
            raise ServiceError(900144, parameter="grant_type")
        if grant_type == _DEVICE_GRANT:
            grant = self._redeem(authority, client, form)
            scopes = grant.scopes
        elif grant_type == "refresh_token":
            grant = self._refreshed(authority, client, form)
            scopes = self._scopes(form["scope"]) if form.get("scope") else grant.scopes
            if not set(scopes) <= {*grant.scopes, *_OPENID}:
                raise ServiceError(65001, client_id=client.id, application=client.name)
        else:
            raise ServiceError(70003, grant_type=grant_type)
        return self._tokens(grant, scopes, client, base, form.get("client_info") == "1")

    def _redeem(self, authority: str, client: Client, form: dict[str, str]) -> Grant:
        """The grant of a device code that a person has approved; the code is good once."""
        device_code = form.get("device_code") or form.get("code")  # MSAL sends both
        if not device_code:
            raise ServiceError(900144, parameter="device_code")
        attempt = self._attempt(device_code)
        if attempt is None or attempt.client != client or attempt.authority != authority:
            raise ServiceError(70018)
        state = self._poll(attempt)
        if state == "expired":
            raise ServiceError(70020)
        if state == "too soon":
            raise ServiceError(70016, error="slow_down")
        if state == "pending":
            raise ServiceError(70016)
        if state == "declined":
            raise ServiceError(65004)
        return self._checked(
            Grant(
                attempt.tenant_id,
                attempt.user_id,
                client.id,
                attempt.scopes,
                attempt.signed_in_s,
                self._now(),
                attempt.generation,
            )
        )

    def _refreshed(self, authority: str, client: Client, form: dict[str, str]) -> Grant:
        """The grant in a refresh token, if it still counts. The token stays good: it is not counted (cloud-facts 3.4)."""
        if not form.get("refresh_token"):
            raise ServiceError(900144, parameter="refresh_token")
        try:
            grant = self._mint.read_refresh_token(form["refresh_token"])
        except ValueError:
            raise ServiceError(9002313) from None
        if grant is None:
            raise ServiceError(70000)
        if grant.client_id != client.id:
            raise ServiceError(700005)
        found = self._directory().by_id(grant.tenant_id, grant.user_id)
        if found is not None:
            self._need_authority(authority, found[0], client)
        return replace(self._checked(grant), issued_s=self._now())

    def _checked(self, grant: Grant) -> Grant:
        """The grant itself. Raises ServiceError when account, age or a policy speak against it."""
        found = self._directory().by_id(grant.tenant_id, grant.user_id)
        client = CLIENTS[grant.client_id]
        if found is None:
            raise ServiceError(50034, account="{EUII Hidden}", tenant=grant.tenant_id)
        tenant, user = found
        if not user.enabled:
            raise ServiceError(50057)
        issued = _instant(grant.issued_s)
        if user.generation != grant.generation:
            raise ServiceError(50173, issued=issued, valid_from=_instant(user.valid_from_s))
        now_s = self._now()
        if now_s - grant.issued_s > tenant.refresh_inactive_s:
            raise ServiceError(700082, issued=issued, inactive=_span(tenant.refresh_inactive_s))
        if tenant.sign_in_frequency_s is not None and now_s - grant.signed_in_s > tenant.sign_in_frequency_s:
            raise ServiceError(70043, issued=_instant(grant.signed_in_s), seconds=tenant.sign_in_frequency_s)
        if BLOCK_DEVICE_CODE in tenant.conditional_access:
            raise ServiceError(530036, issued=issued)
        if not tenant.consented(user):
            raise ServiceError(65001, client_id=client.id, application=client.name)
        return grant

    def _tokens(self, grant: Grant, scopes: tuple[str, ...], client: Client, base: str, with_client_info: bool) -> Json:
        found = self._directory().by_id(grant.tenant_id, grant.user_id)
        assert found is not None, "checked before"
        tenant, user = found
        now_s = self._now()
        life_s = tenant.access_token_s or self._random.randint(_LEAST_LIFE_S, _MOST_LIFE_S)
        permissions = [scope for scope in scopes if scope not in _OPENID]
        audience = _resource(permissions[0]) if permissions else _GRAPH
        names = [scope.rpartition("/")[2] for scope in permissions] or [s for s in scopes if s != "offline_access"]
        answer: Json = {
            "token_type": "Bearer",
            "scope": " ".join(permissions or names),
            "expires_in": life_s,
            "ext_expires_in": life_s,
            "access_token": self._mint.access_token(
                tenant, user, client.id, client.name, audience, " ".join(names), now_s, life_s
            ),
        }
        if "offline_access" in grant.scopes:
            answer["refresh_token"] = self._mint.refresh_token(grant)
        if "openid" in scopes:
            issuer = f"{base}/{tenant.id}/v2.0"
            answer["id_token"] = self._mint.id_token(tenant, user, client.id, issuer, scopes, now_s)
        if with_client_info:
            answer["client_info"] = client_info(user, tenant)
        return answer

    # --- what a person does ---

    def account(self, attempt: Attempt, address: str) -> None:
        """Whether such an account can sign in here. Raises SignInProblem."""
        found = self._directory().find(address.strip())
        if found is None:
            raise SignInProblem("wrong-account", _WRONG_ACCOUNT, 50034)
        if not self._serves(attempt.authority, found[0]):
            if found[0].personal:
                raise SignInProblem("wrong-account", _WORK_ONLY, 9002332)
            text = _PERSONAL_ONLY if attempt.authority == _CONSUMERS else _WRONG_ACCOUNT
            raise SignInProblem("wrong-account", text, 90072)

    def authenticate(self, attempt: Attempt, address: str, password: str) -> User:
        """Raises SignInProblem; "blocked" only for who knows the password, as on the real pages."""
        self.account(attempt, address)
        found = self._directory().find(address.strip())
        assert found is not None, "checked before"
        tenant, user = found
        if password != user.password:
            raise SignInProblem("wrong-password", _WRONG_PASSWORD, 50126)
        if not user.enabled:
            raise SignInProblem("disabled", _DISABLED, 50057)
        if BLOCK_DEVICE_CODE in tenant.conditional_access:
            raise SignInProblem("blocked", _BLOCKED, 53003)
        return user

    def next_step(self, attempt: Attempt, user: User) -> str:
        """After the password: "consent", "consent-for-all" (who may tick the box), or "confirm" when there is consent.

        Raises SignInProblem when only an administrator could go on (manual R03).
        """
        tenant, user = self._current(user)
        if tenant.consented(user):
            return "confirm"
        if tenant.personal:
            return "consent"
        if user.may_consent_for_all():
            return "consent-for-all"
        raise SignInProblem("needs-admin-consent", _NEEDS_ADMIN.format(application=attempt.client.name), 90094)

    def accept(self, attempt: Attempt, user: User, for_all: bool) -> None:
        """The person accepts; `for_all` is the box that only some roles see. Raises SignInProblem."""
        self._need_pending(attempt)
        step = self.next_step(attempt, user)
        tenant, user = self._current(user)
        if step != "confirm":
            self._change_consent(tenant, ORGANIZATION if for_all and step == "consent-for-all" else user.address)
        self._grant(attempt, tenant.id, user)

    def _current(self, user: User) -> tuple[Tenant, User]:
        """The user as the directory has it now: much may have happened between two pages. Raises SignInProblem."""
        found = self._directory().find(user.address)
        if found is None or not found[1].enabled:
            raise SignInProblem("disabled", _DISABLED, 50057)
        return found


def _base(request: Request) -> str:
    """The begin of every URL that an answer names: where the client found us."""
    return (
        f"https://{LOGIN_HOST}" if request.host.partition(":")[0].lower() == LOGIN_HOST else f"https://{request.host}"
    )


def _known_scope(word: str) -> str | None:
    if word.lower() in _OPENID:
        return word.lower()
    resource, _, name = word.rpartition("/")
    for known, names in RESOURCES.items():
        if resource.lower() == known:
            return next((f"{known}/{each}" for each in names if each.lower() == name.lower()), None)
    return next((f"{_GRAPH}/{each}" for each in RESOURCES[_GRAPH] if each.lower() == word.lower()), None)


def _resource(scope: str) -> str:
    return scope.rpartition("/")[0]


def _error_page(code: str) -> Response:
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 10 else 0
    words = AADSTS[number].words if number in AADSTS else UNKNOWN_WORDS
    return Response(200, f"AADSTS{number}: {words}\n", headers=dict(_HEADERS))


def _instant(unix_s: float) -> str:
    moment = datetime.fromtimestamp(unix_s, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond * 10:07d}Z"


def _span(seconds: int) -> str:
    """.NET's way to write 90 days: 90.00:00:00."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{day}.{hour:02d}:{minute:02d}:{second:02d}"
