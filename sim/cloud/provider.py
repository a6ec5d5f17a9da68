"""A mail provider that is not Microsoft's: its own accounts, tokens by the RFCs alone, a mail server that is a fax gateway.

It is what a printer's service Custom is for: discovery (OpenID Connect Discovery 4, RFC 8414), device codes (RFC 8628),
refresh tokens that rotate or do not (RFC 6749 6, RFC 9700 4.14.2). No I/O but what is kept. Start at `Provider`; the mail
server is `sim.cloud.gateway`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from sim.cloud.certificates import Authority, write_private
from sim.cloud.device_codes import DEVICE_CODE_S, INTERVAL_S, Attempt, Client, DeviceCodes, SignInProblem
from sim.cloud.directory import ADDRESSES, User, checked_user, derived_user, patched
from sim.httpd import Request, Response
from sim.web import fields

# Names of our own invention.
DOMAIN = "faksas.example"
FAX_DOMAIN = "fax.faksas.example"
LOGIN_HOST = "signin.faksas.example"
SMTP_HOST = "mail.faksas.example"
SMTP_PORT = 587
SMTPS_PORT = 465  # TLS from the first byte (RFC 8314 3.3)
CLIENT_ID = "scanpost-printer"
SCOPE = "mail.send offline_access openid email"
MAIL_SCOPE = "mail.send"
PAGES_PATH = "/faksas"
DEVICE_PATH, TOKEN_PATH, KEYS_PATH = "/oauth/device_authorization", "/oauth/token", "/oauth/keys"

_DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
_PEOPLE = (("bureau", "Bureau's faxes"), ("studio", "Studio's faxes"), ("support", "Customer support"))
_SCOPES = (MAIL_SCOPE, "offline_access", "openid", "profile", "email")
_CLIENTS = {CLIENT_ID: Client(CLIENT_ID, "Scanpost")}
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 6.1
_CODE_LENGTH = 8
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_ID_TOKEN_S = 3600
_DAY_S = 86400
_MESSAGE_BYTES = 20 << 20
_MOST_MESSAGE_BYTES = 100 << 20
_MOST_FAMILIES = 1000  # sign-ins remembered; who has not used theirs for longest is forgotten first
_LONGEST_TOKEN = 4096
_MAC_BYTES = 32
_NONCE_BYTES = 18
_MAX_FIELDS = 50
_STATE = "provider.json"
_VERSION = 1
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}

Json = dict[str, Any]


@dataclass
class Settings:
    """What the control API can change about the provider."""

    rotates: bool = True  # each refresh gives a new refresh token, and the one before is void
    rotation_grace_s: int = (
        60  # how long the one before still works, for answers that were lost; after that it is theft
    )
    access_token_s: int = 3600
    refresh_inactive_s: int = 180 * _DAY_S
    message_bytes: int = _MESSAGE_BYTES
    openid_discovery: bool = True  # False: only the document of RFC 8414
    private_root: bool = False  # its certificates come from a root of its own, which a device must be given
    consent: list[str] = field(default_factory=list)  # who has said yes to the device's application


FIELDS = {
    "rotates": fields.TRUTH,
    "rotation_grace_s": fields.integer(0, _DAY_S),
    "access_token_s": fields.integer(1, _DAY_S),
    "refresh_inactive_s": fields.integer(1, 366 * _DAY_S),
    "message_bytes": fields.integer(1, _MOST_MESSAGE_BYTES),
    "openid_discovery": fields.TRUTH,
    "private_root": fields.TRUTH,
    "consent": ADDRESSES,
}


@dataclass
class Family:
    """One sign-in and all refresh tokens that come from it (RFC 9700 4.14.2): only the newest one counts."""

    user_id: str
    client_id: str
    scopes: list[str]
    generation: int
    used_s: float
    newest: int = 0  # number of the newest refresh token
    void: bool = False


class Provider:
    """`secret`: what passwords and tokens follow from. `folder`: where it is kept, None for memory. `verification_uri`:
    where people enter codes. Raises ValueError when what was kept is damaged.
    """

    def __init__(
        self,
        secret: bytes,
        folder: Path | None,
        now: Callable[[], float],
        random: random.Random,
        verification_uri: Callable[[], str],
        on_event: Callable[[Json], None],
    ) -> None:
        self.secret = hmac.digest(secret, DOMAIN.encode(), hashlib.sha256)
        self.now = now
        self.settings = Settings()
        self.users: dict[str, User] = {}
        self.families: dict[str, Family] = {}  # least lately used first
        self._folder = folder
        self._random = random
        self._on_event = on_event
        for local, name in _PEOPLE:
            user = derived_user(self.secret, f"{local}@{DOMAIN}", name)
            self.users[user.address] = user
        if folder is not None and (folder / _STATE).exists():
            self._load(folder / _STATE)
        self.tokens = ProviderTokens(self, now, random, verification_uri, on_event)

    @cached_property
    def root(self) -> Authority:
        """The root of its own, drawn when first needed."""
        if self._folder is None:
            return Authority.new(random.Random(hmac.digest(self.secret, b"root", hashlib.sha256).hex()))
        folder = self._folder / "provider"
        authority = Authority.load(folder, self._random)
        if authority is None:
            folder.mkdir(mode=0o700, exist_ok=True)
            authority = Authority.new(self._random)
            authority.save(folder)
        return authority

    # --- people and settings ---

    def shown(self) -> Json:
        """Its settings, and what a device's service Custom is told about it."""
        custom = {
            "authority": f"https://{LOGIN_HOST}",
            "client_id": CLIENT_ID,
            "scope": SCOPE,
            "smtp_host": SMTP_HOST,
            "smtp_port": SMTP_PORT,
            "smtps_port": SMTPS_PORT,
            "ca_pem": self.root.ca_pem.decode("ascii") if self.settings.private_root else "",
        }
        return {"domain": DOMAIN, "fax_domain": FAX_DOMAIN, "custom": custom, **deepcopy(vars(self.settings))}

    def patch(self, change: Mapping[str, Any]) -> Json:
        """Raises ValueError with a sentence; then nothing has changed."""
        fields.expect(change, {}, FIELDS)
        lists = {"consent": sorted({each.lower() for each in change["consent"]})} if "consent" in change else {}
        self._keep(settings=replace(self.settings, **{**change, **lists}))
        return self.shown()

    def find(self, address: str) -> User | None:
        return self.users.get(address.lower())

    def by_id(self, user_id: str) -> User | None:
        return next((user for user in self.users.values() if user.id == user_id), None)

    def patch_user(self, address: str, change: Mapping[str, Any]) -> None:
        """Raises ValueError with a sentence."""
        self._change_user(patched(self.users[address.lower()], change, self.now()))

    def revoke(self, address: str) -> None:
        self._change_user(self.users[address.lower()].revoked(self.now()))

    def consent(self, address: str) -> None:
        self._keep(settings=replace(self.settings, consent=sorted({*self.settings.consent, address})))

    def keep_family(self, id: str, family: Family) -> None:
        families = {known: each for known, each in self.families.items() if known != id}
        for forgotten in list(families)[: max(0, len(families) - _MOST_FAMILIES + 1)]:
            del families[forgotten]
        self._keep(families={**families, id: family})

    # --- state ---

    def _change_user(self, user: User) -> None:
        self._keep(users={**self.users, user.address: user})

    def _keep(
        self,
        settings: Settings | None = None,
        users: dict[str, User] | None = None,
        families: dict[str, Family] | None = None,
    ) -> None:
        """Keep what is new, then go by it."""
        settings = self.settings if settings is None else settings
        users = self.users if users is None else users
        families = self.families if families is None else families
        if self._folder is not None:
            state = {
                "version": _VERSION,
                "settings": asdict(settings),
                "users": [asdict(user) for user in users.values()],
                "families": {id: asdict(family) for id, family in families.items()},
            }
            write_private(self._folder / _STATE, json.dumps(state, ensure_ascii=False, indent=1).encode())
        self.settings, self.users, self.families = settings, users, families

    def _load(self, path: Path) -> None:
        try:
            kept = json.loads(path.read_text("utf-8"))
            if kept["version"] != _VERSION:
                raise ValueError("It was written by another version")
            fields.expect(kept["settings"], FIELDS)
            self.settings = Settings(**kept["settings"])
            self.users |= {user["address"]: checked_user(User(**user)) for user in kept["users"]}
            self.families = {id: Family(**family) for id, family in kept["families"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"The provider's state in {path.name} cannot be read ({error}): begin anew with --fresh"
            ) from None


class OAuthError(Exception):
    """A refusal (RFC 6749 5.2, RFC 8628 3.5)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


class ProviderTokens(DeviceCodes):
    """The token service: `handle` takes a request and returns a response."""

    def __init__(
        self,
        provider: Provider,
        now: Callable[[], float],
        random: random.Random,
        verification_uri: Callable[[], str],
        on_event: Callable[[Json], None],
    ) -> None:
        super().__init__("fax-login", now, random, on_event)
        self._provider = provider
        self._verification_uri = verification_uri

    # --- the wire ---

    def handle(self, request: Request) -> Response:
        event: Json = {"where": "fax-login", "request": f"{request.method} {request.path[:200]}"}
        try:
            response = self._answer(request, event)
        except OAuthError as error:
            event["error"] = error.error
            response = _json(error.status, {"error": error.error, "error_description": str(error)})
        self._on_event({**event, "status": response.status})
        return response

    def throttled(self, _: Request) -> Response:
        return _json(429, {"error": "temporarily_unavailable", "error_description": "Too many requests."})

    def _answer(self, request: Request, event: Json) -> Response:
        if request.path in (DEVICE_PATH, TOKEN_PATH):
            if request.method != "POST":
                return Response(405, "This endpoint takes POST.\n", headers={**_HEADERS, "Allow": "POST"})
            form = _form(request)
            client = self._client(form)
            if request.path == DEVICE_PATH:
                return _json(200, self._device_code(client, form))
            event["grant_type"] = (
                form["grant_type"] if form.get("grant_type") in (_DEVICE_GRANT, "refresh_token") else ""
            )
            return _json(200, self._token(client, form, _issuer(request)))
        documents = _DOCUMENTS if self._provider.settings.openid_discovery else _DOCUMENTS[1:]
        if request.method == "GET" and request.path in documents:
            return _json(200, _discovery(_issuer(request)))
        if request.method == "GET" and request.path == KEYS_PATH:
            return _json(200, {"keys": [{**self._key.as_dict(private=False), "use": "sig", "kid": self._kid}]})
        return Response(404, "There is nothing here.\n", headers=dict(_HEADERS))

    def _client(self, form: dict[str, str]) -> Client:
        if not form.get("client_id"):
            raise OAuthError("invalid_request", "The parameter client_id is missing.")
        client = _CLIENTS.get(form["client_id"])
        if client is None or "client_secret" in form:
            raise OAuthError("invalid_client", "There is no such public client.", 401)
        return client

    # --- endpoints ---

    def _device_code(self, client: Client, form: dict[str, str]) -> Json:
        scopes = tuple(dict.fromkeys(form.get("scope", "").split()))
        if not scopes or not {*scopes} <= {*_SCOPES}:
            raise OAuthError("invalid_scope", f"The scopes are {' '.join(_SCOPES)}.")
        attempt = self._issue("", client, scopes, _CODE_LETTERS, _CODE_LENGTH, "")
        user_code, uri = f"{attempt.user_code[:4]}-{attempt.user_code[4:]}", self._verification_uri()
        return {
            "device_code": attempt.device_code,
            "user_code": user_code,
            "verification_uri": uri,
            "verification_uri_complete": f"{uri}?user_code={user_code}",
            "expires_in": DEVICE_CODE_S,
            "interval": INTERVAL_S,
        }

    def _token(self, client: Client, form: dict[str, str], issuer: str) -> Json:
        grant_type = form.get("grant_type", "")
        if grant_type == _DEVICE_GRANT:
            return self._redeemed(client, form, issuer)
        if grant_type == "refresh_token":
            return self._refreshed(client, form, issuer)
        if not grant_type:
            raise OAuthError("invalid_request", "The parameter grant_type is missing.")
        raise OAuthError("unsupported_grant_type", "There are the device code and the refresh token.")

    def _redeemed(self, client: Client, form: dict[str, str], issuer: str) -> Json:
        attempt = self._attempt(form.get("device_code", ""))
        if attempt is None or attempt.client != client:
            raise OAuthError("invalid_grant", "There is no such device code.")
        state = self._poll(attempt)
        if state == "expired":
            raise OAuthError("expired_token", "The device code has expired.")
        if state == "too soon":
            raise OAuthError("slow_down", "Poll more seldom.")
        if state == "pending":
            raise OAuthError("authorization_pending", "Nobody has entered the code yet.")
        if state == "declined":
            raise OAuthError("access_denied", "The person declined.")
        id = self._random.randbytes(9).hex()
        family = Family(attempt.user_id, client.id, list(attempt.scopes), attempt.generation, self._now())
        user = self._checked(family)
        given = attempt.scopes
        refresh_token = ""
        if "offline_access" in given:
            self._provider.keep_family(id, family)
            refresh_token = self._sealed("refresh", {"family": id, "number": family.newest})
        return self._tokens(family, user, given, issuer, refresh_token)

    def _refreshed(self, client: Client, form: dict[str, str], issuer: str) -> Json:
        settings, now_s = self._provider.settings, self._now()
        token = self._opened("refresh", form.get("refresh_token", ""))
        family = None if token is None else self._provider.families.get(token["family"])
        if token is None or family is None or family.void or family.client_id != client.id:
            raise OAuthError("invalid_grant", "The refresh token is not valid.")
        if now_s - family.used_s > settings.refresh_inactive_s:
            raise OAuthError("invalid_grant", "The refresh token has expired: it was not used for too long.")
        user = self._checked(family)
        scopes = tuple(form.get("scope", "").split()) or tuple(family.scopes)
        if not {*scopes} <= {*family.scopes}:
            raise OAuthError("invalid_scope", "More was asked for than had been granted.")
        again = token["number"] == family.newest - 1 and now_s - family.used_s <= settings.rotation_grace_s
        if token["number"] != family.newest and not (again and settings.rotates):
            self._provider.keep_family(token["family"], replace(family, void=True))
            raise OAuthError("invalid_grant", "The refresh token was used before: all that came from it is void.")
        refresh_token = ""
        if settings.rotates:
            newest = family.newest if again else family.newest + 1
            family = replace(family, newest=newest, used_s=family.used_s if again else now_s)
            refresh_token = self._sealed("refresh", {"family": token["family"], "number": newest})
        else:
            family = replace(family, used_s=now_s)
        self._provider.keep_family(token["family"], family)
        return self._tokens(family, user, scopes, issuer, refresh_token)

    def _checked(self, family: Family) -> User:
        """Whose sign-in it is. Raises OAuthError when it does not count any more."""
        user = self._provider.by_id(family.user_id)
        if user is None or not user.enabled:
            raise OAuthError("invalid_grant", "The account is closed.")
        if user.generation != family.generation:
            raise OAuthError("invalid_grant", "The password was changed, or the sign-in revoked.")
        if user.address not in self._provider.settings.consent:
            raise OAuthError("invalid_grant", "The permission was withdrawn.")
        return user

    def _tokens(self, family: Family, user: User, scopes: tuple[str, ...], issuer: str, refresh_token: str) -> Json:
        life_s, now = self._provider.settings.access_token_s, int(self._now())
        claims = {
            "user": user.id,
            "generation": family.generation,
            "scopes": list(scopes),
            "expires_s": now + life_s,
        }
        answer: Json = {
            "access_token": self._sealed("access", claims),
            "token_type": "bearer",
            "expires_in": life_s,
            "scope": " ".join(scopes),
        }
        if refresh_token:
            answer["refresh_token"] = refresh_token
        if "openid" in scopes:
            answer["id_token"] = self._id_token(user, family.client_id, scopes, issuer, now)
        return answer

    # --- tokens: sealed with the provider's secret, so none needs to be kept ---

    def read_access_token(self, token: str) -> tuple[User, list[str]] | None:
        """Whose it is and its scopes; None when it is not one of ours, or not valid now."""
        claims = self._opened("access", token)
        user = None if claims is None else self._provider.by_id(claims["user"])
        if claims is None or user is None or not user.enabled:
            return None
        if claims["generation"] != user.generation or self._now() >= claims["expires_s"]:
            return None
        return user, claims["scopes"]

    def _sealed(self, kind: str, claims: Json) -> str:
        payload = self._random.randbytes(_NONCE_BYTES) + json.dumps(claims, separators=(",", ":")).encode()
        return _base64url(self._mac(kind, payload) + payload)

    def _opened(self, kind: str, token: str) -> Json | None:
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(kind, payload)) or _base64url(raw) != token:
            return None
        claims: Json = json.loads(payload[_NONCE_BYTES:])
        return claims

    def _mac(self, kind: str, payload: bytes) -> bytes:
        return hmac.digest(self._provider.secret, kind.encode() + b"\0" + payload, hashlib.sha256)

    @cached_property
    def _key(self) -> OKPKey:
        """Ed25519 (RFC 8037, RFC 9864): its signatures need no randomness, and the key is drawn in no time."""
        seed = hmac.digest(self._provider.secret, b"signing key", hashlib.sha256)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": _base64url(seed), "x": _base64url(public)})

    @cached_property
    def _kid(self) -> str:
        return self._key.thumbprint()[:12]

    def _id_token(self, user: User, client_id: str, scopes: tuple[str, ...], issuer: str, now: int) -> str:
        claims: Json = {"iss": issuer, "sub": user.id, "aud": client_id, "iat": now, "exp": now + _ID_TOKEN_S}
        if "email" in scopes:
            claims |= {"email": user.address, "email_verified": True}
        if "profile" in scopes:
            claims |= {"name": user.name, "preferred_username": user.address}
        return jwt.encode({"alg": "Ed25519", "kid": self._kid}, claims, self._key, algorithms=["Ed25519"])

    # --- what a person does ---

    def account(self, _: Attempt, address: str) -> None:
        if self._provider.find(address.strip()) is None:
            raise SignInProblem("wrong-account", "There is no customer with this address.")

    def authenticate(self, attempt: Attempt, address: str, password: str) -> User:
        self.account(attempt, address)
        user = self._provider.find(address.strip())
        assert user is not None, "checked before"
        if not hmac.compare_digest(password.encode(), user.password.encode()):
            raise SignInProblem("wrong-password", "The password is wrong.")
        if not user.enabled:
            raise SignInProblem("disabled", _CLOSED)
        return user

    def next_step(self, _: Attempt, user: User) -> str:
        return "confirm" if user.address in self._provider.settings.consent else "consent"

    def accept(self, attempt: Attempt, user: User, for_all: bool) -> None:  # noqa: ARG002 - no organizations here
        self._need_pending(attempt)
        current = self._provider.find(user.address)
        if current is None or not current.enabled:
            raise SignInProblem("disabled", _CLOSED)
        if self.next_step(attempt, current) == "consent":
            self._provider.consent(current.address)
        self._grant(attempt, "", current)


_CLOSED = "This account is closed. Write to customer support."


def _issuer(request: Request) -> str:
    """Where the client found us (RFC 8414 3.3: the issuer is what it asked)."""
    return f"https://{LOGIN_HOST}" if request.host.lower() == f"{LOGIN_HOST}:443" else f"https://{request.host}"


def _discovery(issuer: str) -> Json:
    return {
        "issuer": issuer,
        "device_authorization_endpoint": issuer + DEVICE_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "grant_types_supported": [_DEVICE_GRANT, "refresh_token"],
        "response_types_supported": [],
        "scopes_supported": list(_SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["Ed25519"],
        "token_endpoint_auth_methods_supported": ["none"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "iat",
            "exp",
            "email",
            "email_verified",
            "name",
            "preferred_username",
        ],
    }


def _form(request: Request) -> dict[str, str]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type != "application/x-www-form-urlencoded":
            raise ValueError("Not a form")
        pairs = parse_qsl(
            request.body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
        form = dict(pairs)
        if len(form) != len(pairs):  # RFC 6749 3.2
            raise ValueError("A parameter stands twice")
    except ValueError as error:
        raise OAuthError("invalid_request", f"The form cannot be read. {error}.") from None
    return form


def _json(status: int, body: Json) -> Response:
    return Response(status, json.dumps(body), "application/json", dict(_HEADERS))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
