"""Tenants, their users and their policies: plain data, and what may be changed about it.

A change is checked whole before any of it counts, and makes a directory of its own that shares what did not change. Start at
`Directory.new`; the members of `TENANT_FIELDS` and `USER_FIELDS` are what the control API can change.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sim.web import fields

# Work tenants of our own naming: the printer's, and a fax provider's, whose customers mail their faxes to
# number@FAX_DOMAIN. Personal accounts live in the one tenant that the real service has for all of them.
WORK_DOMAIN = "bureau.example"
WORK_TENANT_ID = "3d5a1f0e-8c47-4b6e-9f21-b0a7c2d4e601"
FAX_TENANT_DOMAIN = "depesa.example"
FAX_TENANT_ID = "b7e0c9a4-51d2-4f83-8a6b-0d94e2c1f702"
FAX_DOMAIN = "fax.depesa.example"
PERSONAL_DOMAIN = "post.example"
PERSONAL_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad"

# Conditional Access policies that can be switched on (cloud-facts 3.10).
BLOCK_DEVICE_CODE = "block-device-code"  # no sign-in with a device code, and no refresh of one that came so
BLOCK_LEGACY = "block-legacy-authentication"  # no SMTP AUTH
POLICIES = (BLOCK_DEVICE_CODE, BLOCK_LEGACY)

GLOBAL_ADMINISTRATOR = "Global Administrator"
# Who sees "Consent on behalf of your organization" (cloud-facts 3.8).
CONSENTING_ROLES = (
    GLOBAL_ADMINISTRATOR,
    "Privileged Role Administrator",
    "Cloud Application Administrator",
    "Application Administrator",
)
ROLES = (*CONSENTING_ROLES, "Exchange Administrator", "Security Administrator", "User Administrator")

ORGANIZATION = "organization"  # in a tenant's `consent`: everybody; else it holds the addresses of single users

_DAY_S = 86400
_MAILBOX_QUOTA_BYTES = 50 << 30
_MESSAGE_BYTES = 35 << 20  # the service's default for sending (cloud-facts 4.7)
_MOST_MESSAGE_BYTES = 157_286_400
_PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - the alphabet of passwords, not one
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")

Json = dict[str, Any]


@dataclass
class User:
    address: str
    name: str
    id: str
    password: str
    enabled: bool = True
    smtp_auth: bool | None = None  # the mailbox's own switch; None follows the tenant's (cloud-facts 4.8)
    mailbox: bool = True
    mailbox_quota_bytes: int = _MAILBOX_QUOTA_BYTES
    roles: list[str] = field(default_factory=list)
    send_as: list[str] = field(default_factory=list)
    valid_from_s: float = 0.0  # sign-ins from before are void
    generation: int = 0  # grows with `valid_from_s`; what is compared, because two things can happen in one instant

    def may_consent_for_all(self) -> bool:
        return any(role in CONSENTING_ROLES for role in self.roles)

    def revoked(self, now_s: float) -> User:
        """With no sign-in that counts."""
        return replace(self, valid_from_s=now_s, generation=self.generation + 1)

    def shown(self) -> Json:
        """Without the password, and without what only the token service counts."""
        hidden = ("password", "valid_from_s", "generation")
        return {name: value for name, value in asdict(self).items() if name not in hidden}


@dataclass
class Tenant:
    id: str
    domain: str
    name: str
    personal: bool = False
    security_defaults: bool = False
    smtp_auth_disabled: bool = False
    conditional_access: list[str] = field(default_factory=list)
    sign_in_frequency_s: int | None = None
    access_token_s: int | None = None  # None: 60 to 90 minutes, drawn each time
    refresh_inactive_s: int = 90 * _DAY_S
    message_bytes: int = _MESSAGE_BYTES
    consent: list[str] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)

    def consented(self, user: User) -> bool:
        return ORGANIZATION in self.consent or user.address in self.consent

    def shown(self) -> Json:
        return {name: deepcopy(value) for name, value in vars(self).items() if name != "users"}


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value.lower()) is not None


def _list_of(name: str, holds: fields.Check) -> fields.Kind:
    return fields.Kind(name, lambda value: isinstance(value, list) and len(value) <= 1000 and all(map(holds, value)))


ADDRESSES = _list_of("a list of email addresses", _is_address)

TENANT_FIELDS = {
    "security_defaults": fields.TRUTH,
    "smtp_auth_disabled": fields.TRUTH,
    "conditional_access": _list_of("a list with any of " + ", ".join(POLICIES), lambda value: value in POLICIES),
    "sign_in_frequency_s": fields.nullable(fields.integer(1, 366 * _DAY_S)),
    "access_token_s": fields.nullable(fields.integer(1, _DAY_S)),
    "refresh_inactive_s": fields.integer(1, 366 * _DAY_S),
    "message_bytes": fields.integer(1, _MOST_MESSAGE_BYTES),
    "consent": _list_of(
        f'a list with "{ORGANIZATION}" or email addresses', lambda value: value == ORGANIZATION or _is_address(value)
    ),
}
USER_FIELDS = {
    "password": fields.Kind(
        "a text of 1 to 256 printable characters",
        lambda value: isinstance(value, str) and 1 <= len(value) <= 256 and value.isprintable(),
    ),
    "enabled": fields.TRUTH,
    "smtp_auth": fields.nullable(fields.TRUTH),
    "mailbox": fields.TRUTH,
    "mailbox_quota_bytes": fields.integer(0, 1 << 50),
    "roles": _list_of("a list with any of " + ", ".join(ROLES), lambda value: value in ROLES),
    "send_as": ADDRESSES,
}


# Drawn when the directory is new; their order is that of the draws.
_PEOPLE: tuple[tuple[str, str, list[str]], ...] = (
    ("admin", "Administrator", [GLOBAL_ADMINISTRATOR]),
    ("printer", "Printer", []),
    ("ona", "Ona", []),
    ("jonas", "Jonas", []),
    ("ruta", "Rūta", []),
)
# Those who came later: what is drawn for them is derived from the cloud's secret, so that the draws of a seed stay as they
# were, and a state folder of before gets them, too.
_LATER_PEOPLE = (("petras", "Petras"), ("egle", "Eglė"))
_FAX_PEOPLE: tuple[tuple[str, str, list[str]], ...] = (
    ("admin", "Administrator", [GLOBAL_ADMINISTRATOR]),
    ("bureau", "Bureau's faxes", []),
    ("studio", "Studio's faxes", []),
)


class Directory:
    """All tenants; the first one is the organization that the control API is about when it names none."""

    def __init__(self, tenants: list[Tenant]) -> None:
        self.tenants = tenants

    @classmethod
    def new(cls, random: random.Random, fresh_tenant: bool = False) -> Directory:
        """Ready to use, or with the defaults of a tenant that was made today (manual R01)."""
        work = Tenant(WORK_TENANT_ID, WORK_DOMAIN, "Bureau")
        work.security_defaults = work.smtp_auth_disabled = fresh_tenant
        for local, name, roles in _PEOPLE:
            _add(work, random, f"{local}@{WORK_DOMAIN}", name, roles)
        personal = Tenant(PERSONAL_TENANT_ID, PERSONAL_DOMAIN, "Personal accounts", personal=True)
        _add(personal, random, f"namai@{PERSONAL_DOMAIN}", "Namai", [])
        return cls([work, personal])

    def completed(self, secret: bytes) -> Directory:
        """With the people and the tenant that it lacks; what is drawn for them follows from `secret`."""
        work, *others = self.tenants
        users = dict(work.users)
        for local, name in _LATER_PEOPLE:
            users.setdefault(f"{local}@{work.domain}", derived_user(secret, f"{local}@{work.domain}", name))
        tenants = [replace(work, users=users), *others]
        if self.tenant(FAX_TENANT_DOMAIN) is None:
            fax = Tenant(FAX_TENANT_ID, FAX_TENANT_DOMAIN, "Depeša")
            for local, name, roles in _FAX_PEOPLE:
                user = derived_user(secret, f"{local}@{fax.domain}", name, roles)
                fax.users[user.address] = user
            tenants.append(fax)
        return Directory(tenants)

    @property
    def organization(self) -> Tenant:
        return self.tenants[0]

    @property
    def personal(self) -> Tenant:
        return next(tenant for tenant in self.tenants if tenant.personal)

    def users(self) -> list[User]:
        return [user for tenant in self.tenants for user in tenant.users.values()]

    def tenant(self, name: str) -> Tenant | None:
        """By its GUID or its domain."""
        return next((tenant for tenant in self.tenants if name.lower() in (tenant.id, tenant.domain)), None)

    def find(self, address: str) -> tuple[Tenant, User] | None:
        for tenant in self.tenants:
            user = tenant.users.get(address.lower())
            if user is not None:
                return tenant, user
        return None

    def by_id(self, tenant_id: str, user_id: str) -> tuple[Tenant, User] | None:
        for tenant in self.tenants:
            for user in tenant.users.values():
                if (tenant.id, user.id) == (tenant_id, user_id):
                    return tenant, user
        return None

    def serves(self, address: str) -> bool:
        """Whether the address is in one of our domains, whether or not there is such a user."""
        return any(address.lower().endswith("@" + tenant.domain) for tenant in self.tenants)

    def user(self, address: str) -> User:
        """Raises LookupError."""
        return self._found(address)[1]

    def _found(self, address: str) -> tuple[Tenant, User]:
        found = self.find(address)
        if found is None:
            raise LookupError(f"There is no user {address[:100]!r}")
        return found

    # --- changing it ---

    def patched_tenant(self, change: Mapping[str, Any], name: str = WORK_DOMAIN) -> Directory:
        """A directory with the tenant of this name changed. Raises LookupError, and ValueError with a sentence; this
        directory stays as it is."""
        tenant = self.tenant(name)
        if tenant is None:
            raise LookupError(f"There is no tenant {name[:100]!r}")
        fields.expect(change, {}, TENANT_FIELDS)
        lists = {
            name: sorted({each.lower() for each in value}) for name, value in change.items() if isinstance(value, list)
        }
        return self._with(replace(tenant, **{**change, **lists}))

    def patched_user(self, address: str, change: Mapping[str, Any], now_s: float) -> Directory:
        """The same for one user; a new password voids the sign-ins made with the old one."""
        tenant, user = self._found(address)
        return self._with(replace(tenant, users={**tenant.users, user.address: patched(user, change, now_s)}))

    def revoked(self, address: str, now_s: float) -> Directory:
        """One in which every sign-in of this user is void. Raises LookupError."""
        tenant, user = self._found(address)
        return self._with(replace(tenant, users={**tenant.users, user.address: user.revoked(now_s)}))

    def with_consent(self, tenant_id: str, who: str) -> Directory:
        """`who`: "organization", or an address."""
        tenant = next(each for each in self.tenants if each.id == tenant_id)
        return self._with(replace(tenant, consent=sorted({*tenant.consent, who})))

    def _with(self, tenant: Tenant) -> Directory:
        return Directory([tenant if each.id == tenant.id else each for each in self.tenants])

    # --- keeping it ---

    def to_json(self) -> list[Json]:
        return [asdict(tenant) for tenant in self.tenants]

    @classmethod
    def from_json(cls, value: Any) -> Directory:
        """Raises ValueError when it is not what `to_json` made."""
        try:
            tenants = []
            for kept in value:
                users = {address: User(**user) for address, user in kept["users"].items()}
                tenants.append(Tenant(**{**kept, "users": users}))
        except (TypeError, KeyError, AttributeError):
            raise ValueError("The kept directory is damaged") from None
        for tenant in tenants:
            _check(tenant, TENANT_FIELDS)
            for user in tenant.users.values():
                checked_user(user)
        if not tenants or not any(tenant.personal for tenant in tenants):
            raise ValueError("The kept directory lacks a tenant")
        return cls(tenants)


def patched(user: User, change: Mapping[str, Any], now_s: float) -> User:
    """Another user in this one's place; a new password voids the sign-ins made with the old one. Raises ValueError."""
    fields.expect(change, {}, USER_FIELDS)
    lists = {
        name: sorted({each.lower() if name == "send_as" else each for each in value})
        for name, value in change.items()
        if isinstance(value, list)
    }
    after = replace(user, **{**change, **lists})
    return after.revoked(now_s) if "password" in change else after


def checked_user(user: User) -> User:
    """One that was kept. Raises ValueError."""
    _check(user, USER_FIELDS)
    return user


def _check(record: Tenant | User, known: Mapping[str, fields.Kind]) -> None:
    fields.expect({name: getattr(record, name) for name in known}, known)


def derived_user(secret: bytes, address: str, name: str, roles: list[str] | None = None) -> User:
    """A user whose password and number follow from `secret` and the address."""
    drawn = hmac.digest(secret, address.encode(), hashlib.sha256)
    letters = [_PASSWORD_LETTERS[byte % len(_PASSWORD_LETTERS)] for byte in drawn[:12]]
    return User(address, name, _guid(drawn[16:].hex()), _password(letters), roles=list(roles or []))


def _add(tenant: Tenant, random: random.Random, address: str, name: str, roles: list[str]) -> None:
    letters: list[str] = []
    while len(letters) < 12:  # as `random.choice` does it, in a third of the time: each world begins with this
        drawn = random.getrandbits(5)
        if drawn < len(_PASSWORD_LETTERS):
            letters.append(_PASSWORD_LETTERS[drawn])
    tenant.users[address] = User(address, name, guid(random), _password(letters), roles=list(roles))


def _password(letters: list[str]) -> str:
    return "-".join("".join(letters[at : at + 4]) for at in (0, 4, 8))


def guid(random: random.Random) -> str:
    """A random UUID (RFC 9562 5.4)."""
    return _guid(f"{random.getrandbits(128):032x}")


def _guid(digits: str) -> str:
    digits = digits[:12] + "4" + digits[13:16] + "89ab"[int(digits[16], 16) % 4] + digits[17:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
