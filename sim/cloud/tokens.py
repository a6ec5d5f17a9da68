"""The tokens of the simulated cloud: who made them can be checked by their signature alone, so none needs to be kept.

Refresh tokens are a `Grant` that the token service signed for itself; access and ID tokens are JWTs (RFC 7519) with RS256,
as the real service's. Start at `Mint`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sim.cloud.certificates import Authority
from sim.cloud.directory import Tenant, User, guid

LONGEST_TOKEN = 12_288  # characters; RFC 4954 4 allows no more on a line anyway
_ID_TOKEN_S = 3600
_NOT_BEFORE_S = 300  # tokens are valid from a little earlier, for clocks that lag
_PREFIX = "1."
_MAC_BYTES = 32
_NONCE_BYTES = 720  # makes the token as long as the real one, about 1,400 characters
_ALGORITHM = "RS256"
_MOST_CHECKED = 256  # access tokens

Json = dict[str, Any]


@dataclass(frozen=True)
class Grant:
    """What a person granted: for whom, to which client, which scopes, and when."""

    tenant_id: str
    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    signed_in_s: float
    issued_s: float
    generation: int  # of the user when they signed in (`directory.User.generation`)


class Mint:
    """Makes and checks tokens. `secret` signs the refresh tokens."""

    def __init__(self, authority: Authority, secret: bytes, random: random.Random) -> None:
        self._authority = authority
        self._secret = secret
        self._random = random
        self._checked: dict[str, Json] = {}  # claims of access tokens whose signature is known to be good

    @property
    def _key(self) -> RSAKey:
        return self._authority.token_signer

    @cached_property
    def _kid(self) -> str:
        return self._key.thumbprint()[:27]

    def keys(self) -> Json:
        """The public keys (RFC 7517 5)."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "kid": self._kid, "x5t": self._kid}]}

    # --- refresh tokens ---

    def refresh_token(self, grant: Grant) -> str:
        payload = self._random.randbytes(_NONCE_BYTES) + json.dumps(vars(grant), separators=(",", ":")).encode()
        return _PREFIX + _base64url(self._mac(payload) + payload)

    def read_refresh_token(self, token: str) -> Grant | None:
        """None when it is not one of ours. Raises ValueError when it does not even look like one."""
        if not token.startswith(_PREFIX) or len(token) > LONGEST_TOKEN or not token.isascii():
            raise ValueError("Not a refresh token")
        text = token[len(_PREFIX) :]
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raise ValueError("Not a refresh token") from None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)) or _base64url(raw) != text:
            return None
        kept = json.loads(payload[_NONCE_BYTES:])
        return Grant(**{**kept, "scopes": tuple(kept["scopes"])})

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, hashlib.sha256)

    # --- access and ID tokens ---

    def access_token(
        self,
        tenant: Tenant,
        user: User,
        client_id: str,
        client_name: str,
        audience: str,
        scp: str,
        now_s: float,
        life_s: int,
    ) -> str:
        now = int(now_s)
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant.id}/",
            "iat": now,
            "nbf": now - _NOT_BEFORE_S,
            "exp": now + life_s,
            "acct": 0,
            "acr": "1",
            "aio": _base64url(self._random.randbytes(72)),
            "amr": ["pwd"],
            "app_displayname": client_name,
            "appid": client_id,
            "appidacr": "0",
            "enfpolids": [],
            "idtyp": "user",
            "ipaddr": "203.0.113.5",
            "name": user.name,
            "oid": user.id,
            "puid": _base64url(self._random.randbytes(12)),
            "rh": "1." + _base64url(self._random.randbytes(60)),
            "scp": scp,
            "sid": guid(self._random),
            "sub": _subject(user, audience),
            "tenant_region_scope": "EU",
            "tid": tenant.id,
            "unique_name": user.address,
            "upn": user.address,
            "uti": _base64url(self._random.randbytes(16)),
            "ver": "1.0",
            "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
            "xms_ftd": _base64url(self._random.randbytes(44)),
            "xms_idrel": "1 2",
        }
        token = self._signed(claims)
        self._remember(token, claims)
        return token

    def id_token(
        self, tenant: Tenant, user: User, client_id: str, issuer: str, scopes: tuple[str, ...], now_s: float
    ) -> str:
        """`issuer`: the authority's, with the tenant's GUID in it."""
        now = int(now_s)
        claims: Json = {
            "aud": client_id,
            "iss": issuer,
            "iat": now,
            "nbf": now - _NOT_BEFORE_S,
            "exp": now + _ID_TOKEN_S,
            "oid": user.id,
            "rh": "1." + _base64url(self._random.randbytes(60)),
            "sub": _subject(user, client_id),
            "tid": tenant.id,
            "uti": _base64url(self._random.randbytes(16)),
            "ver": "2.0",
        }
        if "profile" in scopes:
            claims |= {"name": user.name, "preferred_username": user.address}
        if "email" in scopes:
            claims["email"] = user.address
        return self._signed(claims)

    def read_access_token(self, token: str, now_s: float) -> Json | None:
        """Its claims, None when it is not one of ours or not valid now."""
        claims = self._claims(token) if len(token) <= LONGEST_TOKEN else None
        if claims is None:
            return None
        if claims.get("ver") != "1.0" or not claims["nbf"] <= now_s < claims["exp"]:
            return None  # an ID token is not for mail servers
        return claims

    def _claims(self, token: str) -> Json | None:
        """What a token of ours says. A client shows the same one with each mail, and a signature is dear to check."""
        claims = self._checked.get(token)
        if claims is None:
            try:
                claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            except (JoseError, ValueError):
                return None
            self._remember(token, claims)
        return claims

    def _remember(self, token: str, claims: Json) -> None:
        if len(self._checked) >= _MOST_CHECKED:
            del self._checked[next(iter(self._checked))]
        self._checked[token] = claims

    def _signed(self, claims: Json) -> str:
        header = {"alg": _ALGORITHM, "typ": "JWT", "kid": self._kid, "x5t": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])


def client_info(user: User, tenant: Tenant) -> str:
    """What MSAL asks for with `client_info=1`, to tell accounts apart."""
    return _base64url(json.dumps({"uid": user.id, "utid": tenant.id}, separators=(",", ":")).encode())


def _subject(user: User, audience: str) -> str:
    """One for each application, so that two of them cannot compare notes."""
    return _base64url(hashlib.sha256(f"{user.id} {audience}".encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
