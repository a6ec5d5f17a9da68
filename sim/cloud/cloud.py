"""The simulated cloud as one thing: directory, token service, mail service, mailboxes and pages, kept in a folder.

Everything that must survive is on disk before whoever changed it is answered. Start at `Cloud`; `services` is what answers
under the well-known names in the virtual world, `sim.cloud.servers` puts the same on sockets.
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sim.cloud import provider as fax_provider
from sim.cloud import services
from sim.cloud.certificates import Authority, CertifiedKey, write_private
from sim.cloud.directory import WORK_DOMAIN, Directory, Tenant, User
from sim.cloud.entra import CLIENT_ID, LOGIN_HOST, TokenService
from sim.cloud.exchange import Exchange
from sim.cloud.faults import FAX, Faults
from sim.cloud.faxes import Faxes
from sim.cloud.gateway import Gateway
from sim.cloud.mailboxes import Attachment, Mailboxes
from sim.cloud.pages import PATH as SIGN_IN_PATH
from sim.cloud.pages import SignInPages
from sim.cloud.provider import Provider
from sim.cloud.tokens import Mint
from sim.cloud.viewer import FAXES_PATH, FaxPages, MailboxPages
from sim.cloud.viewer import PATH as MAILBOXES_PATH
from sim.streams import ServerStream

# Where the services answer in a device's world (cloud-facts 4.1).
LOGIN_PORT = 443
SMTP_HOSTS = ("smtp.office365.com", "smtp-mail.outlook.com", "outlook.office365.com")
SMTP_PORTS = (587, 25)
# The same services under somebody else's names, for the device's service Custom; in the virtual world only.
PARTNER_LOGIN_HOST = "login.partner.example"
PARTNER_SMTP_HOST = "mail.partner.example"
PARTNER_SMTP_PORT = 2525
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_NAMES = {
    "login": (LOGIN_HOST, PARTNER_LOGIN_HOST, *LOOPBACK_NAMES),
    "smtp": (*SMTP_HOSTS, PARTNER_SMTP_HOST, *LOOPBACK_NAMES),
    "fax-login": (fax_provider.LOGIN_HOST, *LOOPBACK_NAMES),
    "fax-smtp": (fax_provider.SMTP_HOST, *LOOPBACK_NAMES),
}
PAGES_URL = "https://login.cloud.example"  # until somebody serves the pages elsewhere

_STATE = "cloud.json"
_VERSION = 1
_SECRET_BYTES = 32

Json = dict[str, Any]
Service = Callable[[ServerStream], Awaitable[None]]


class Cloud:
    """`now`: true Unix time. `state_dir`: where it is kept, None for memory. `fresh_tenant`: defaults of a new tenant
    (manual R01), when nothing is kept yet. `authority`: may be shared by worlds that need not differ in their keys.
    `on_event` is told what goes over the wire, without secrets. Raises ValueError when what was kept is damaged.
    """

    def __init__(
        self,
        now: Callable[[], float],
        random: random.Random,
        state_dir: Path | None,
        fresh_tenant: bool = False,
        authority: Authority | None = None,
        on_event: Callable[[Json], None] | None = None,
    ) -> None:
        self.now = now
        self.on_event = on_event or (lambda _: None)
        self.state_dir = state_dir
        self.pages_url = PAGES_URL
        kept = None
        if state_dir is not None:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            state_dir.chmod(0o700)
            kept = _read(state_dir / _STATE)
            authority = authority or Authority.load(state_dir, random)
        if authority is None:
            authority = Authority.new(random)
        self.authority = authority
        if kept is None:
            self._first_directory = Directory.new(random, fresh_tenant)
            self._secret = random.randbytes(_SECRET_BYTES)
        else:
            self._first_directory, self._secret = kept
        if state_dir is not None and kept is None:
            authority.save(state_dir)
            self._keep(self.directory)
        self.faults = Faults(virtual=state_dir is None)
        mint = Mint(authority, self._secret, random)
        mail = None if state_dir is None else state_dir / "mail"
        self.mailboxes = Mailboxes(mail, self._has_mailbox)
        self.entra = TokenService(
            self._directory, mint, now, random, self._verification_uri, self._change_consent, self.on_event
        )
        self.faxes = Faxes(None if state_dir is None else state_dir / "faxes")
        self.exchange = Exchange(
            self._directory, mint, self.mailboxes, self.faxes, self.faults, now, random, self.on_event
        )
        self.sign_in_pages = SignInPages(self.entra, now, random)
        self.mailbox_pages = MailboxPages(self.mailboxes, self._mailbox_addresses)
        self.fax_pages = FaxPages(self.faxes)
        self._random = random
        if state_dir is not None:
            _ = self.provider  # what is damaged is told at once

    @cached_property
    def directory(self) -> Directory:
        """As it is now; each change puts another one in its place."""
        return self._first_directory.completed(self._secret)

    # The fax provider is made when somebody asks for it: most worlds never do.

    @cached_property
    def provider(self) -> Provider:
        return Provider(
            self._secret,
            self.state_dir,
            self.now,
            self._random,
            lambda: self.pages_url + fax_provider.PAGES_PATH,
            self.on_event,
        )

    @cached_property
    def gateway(self) -> Gateway:
        return Gateway(self.provider, self.mailboxes, self.faxes, self.faults, self.now, self._random, self.on_event)

    @cached_property
    def provider_pages(self) -> SignInPages:
        return SignInPages(
            self.provider.tokens,
            self.now,
            self._random,
            fax_provider.PAGES_PATH,
            f"Simulated sign-in at the mail provider {fax_provider.DOMAIN}: no real account is used here",
            f"name@{fax_provider.DOMAIN}",
        )

    @property
    def ca_der(self) -> bytes:
        return self.authority.ca_der

    @property
    def client_id(self) -> str:
        return CLIENT_ID

    @property
    def tenant_name(self) -> str:
        return self.directory.organization.domain

    @property
    def sign_in_url(self) -> str:
        return self.pages_url + SIGN_IN_PATH

    @property
    def mailboxes_url(self) -> str:
        return self.pages_url + MAILBOXES_PATH

    @property
    def faxes_url(self) -> str:
        return self.pages_url + FAXES_PATH

    # --- people and policies ---

    def complete_sign_in(self, user_code: str, account: str, password: str, consent: str) -> Json:
        """What a person does on the sign-in pages, in one call: {"result", "error"}. Raises ValueError.

        `consent`: "organization", "user" or "decline". Results: signed-in, declined, blocked, wrong-code, wrong-account,
        wrong-password, disabled, needs-admin-consent.
        """
        if "provider" in vars(self) and self.provider.tokens.waits(user_code):
            return self.provider.tokens.sign_in(user_code, account, password, consent)
        return self.entra.sign_in(user_code, account, password, consent)

    def tenants(self) -> list[Json]:
        """Every tenant, the organization first; the provider, which is none, last."""
        return [*(tenant.shown() for tenant in self.directory.tenants), self.provider.shown()]

    def tenant(self, domain: str = WORK_DOMAIN) -> Json:
        """Raises LookupError."""
        if domain.lower() == fax_provider.DOMAIN:
            return self.provider.shown()
        tenant = self.directory.tenant(domain)
        if tenant is None:
            raise LookupError(f"There is no tenant {domain[:100]!r}")
        return tenant.shown()

    def patch_tenant(self, change: Json, domain: str = WORK_DOMAIN) -> Json:
        """Raises LookupError, ValueError with a sentence; then nothing has changed."""
        if domain.lower() == fax_provider.DOMAIN:
            self.provider.patch(change)
        else:
            self._change(self.directory.patched_tenant(change, domain))
        of = {} if domain == WORK_DOMAIN else {"domain": domain.lower()}
        self.on_event({"where": "directory", **of, "tenant": sorted(change)})
        return self.tenant(domain)

    def users(self) -> list[Json]:
        return [user.shown() for user in self._users()]

    def patch_user(self, address: str, change: Json) -> Json:
        """Raises LookupError, ValueError."""
        customer = self._customer(address)
        if customer:
            self.provider.patch_user(address, change)
        else:
            self._change(self.directory.patched_user(address, change, self.now()))
        self.on_event({"where": "directory", "user": address, "changed": sorted(change)})
        return (self._customer(address) or self.directory.user(address)).shown()

    def revoke(self, address: str) -> None:
        """Void every sign-in of this user. Raises LookupError."""
        if self._customer(address):
            self.provider.revoke(address)
        else:
            self._change(self.directory.revoked(address, self.now()))
        self.on_event({"where": "directory", "user": address, "revoked": True})

    def accounts(self) -> list[Json]:
        """Everybody who can sign in, with the password: for the ready file, never for a log."""
        return [
            {"address": user.address, "password": user.password, "roles": list(user.roles)} for user in self._users()
        ]

    def fax(self, n: int) -> Attachment:
        """The document of a fax that a gateway has taken. Raises LookupError."""
        return self.faxes.document(n)

    # --- where it answers ---

    def trouble(self, host: str) -> str:
        """What keeps a device from connecting to this host now, for `SimNetwork.trouble`."""
        for way, names in _NAMES.items():
            if host in names:
                fault = self.faults.take(way, "dns", "dns-silence", "refused")
                return fault["kind"] if fault else ""
        return ""

    def certificate_der(self, way: str) -> bytes:
        """What the host at the end of `way` ("login" or "smtp") presents to who connects now."""
        names = _NAMES[way]
        authority = self.authority
        if way.startswith(FAX) and self.provider.settings.private_root:
            authority = self.provider.root
        fault = self.faults.take(way, "certificate")
        certified = authority.wrong(fault["reason"], *names) if fault else authority.server(*names)
        return certified.certificate_der

    def issued(self, der: bytes) -> CertifiedKey:
        """What `certificate_der` gave, with its key. Raises LookupError."""
        try:
            return self.authority.issued(der)
        except LookupError:
            return self.provider.root.issued(der)

    def services(self) -> dict[tuple[str, int], Service]:
        """The well-known names as the device's network knows them."""
        smtp = partial(services.serve_smtp, self)
        answering: dict[tuple[str, int], Service] = {(host, port): smtp for host in SMTP_HOSTS for port in SMTP_PORTS}
        answering[PARTNER_SMTP_HOST, PARTNER_SMTP_PORT] = smtp
        for host in (LOGIN_HOST, PARTNER_LOGIN_HOST):
            answering[host, LOGIN_PORT] = partial(services.serve_https, self)
        answering[fax_provider.LOGIN_HOST, LOGIN_PORT] = partial(services.serve_provider_https, self)
        answering[fax_provider.SMTP_HOST, fax_provider.SMTP_PORT] = partial(services.serve_provider_smtp, self)
        answering[fax_provider.SMTP_HOST, fax_provider.SMTPS_PORT] = partial(
            services.serve_provider_smtp, self, tls=True
        )
        return answering

    def page_services(self) -> dict[tuple[str, int], Service]:
        """People's pages, in clear on whichever port a browser without certificates takes."""
        host = urlsplit(self.pages_url).hostname or ""
        return {(host, port): partial(services.serve_pages, self) for port in (80, 443)}

    # --- state ---

    def _directory(self) -> Directory:
        return self.directory

    def _verification_uri(self) -> str:
        return self.sign_in_url

    def _change_consent(self, tenant: Tenant, who: str) -> None:
        directory = self.directory.with_consent(tenant.id, who)
        self._change(directory)
        self.on_event({"where": "directory", "consent": who})

    def _has_mailbox(self, address: str) -> bool:
        found = self.directory.find(address)
        user = self._customer(address) if found is None else found[1]
        return user is not None and user.mailbox

    def _mailbox_addresses(self) -> list[str]:
        return [user.address for user in self._users() if user.mailbox]

    def _users(self) -> list[User]:
        return [*self.directory.users(), *self.provider.users.values()]

    def _customer(self, address: str) -> User | None:
        """The fax provider's user with this address; nobody is made to find out that there is none."""
        return self.provider.find(address) if address.lower().endswith("@" + fax_provider.DOMAIN) else None

    def _change(self, directory: Directory) -> None:
        """Keep the new directory, then go by it."""
        self._keep(directory)
        self.directory = directory

    def _keep(self, directory: Directory) -> None:
        if self.state_dir is not None:
            state = {"version": _VERSION, "secret": self._secret.hex(), "tenants": directory.to_json()}
            write_private(self.state_dir / _STATE, json.dumps(state, ensure_ascii=False, indent=1).encode())


def _read(path: Path) -> tuple[Directory, bytes] | None:
    """What was kept, None when there is nothing. Raises ValueError."""
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["version"] != _VERSION:
            raise ValueError("It was written by another version")
        return Directory.from_json(kept["tenants"]), bytes.fromhex(kept["secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The cloud's state in {path.name} cannot be read ({error}): begin anew with --fresh"
        ) from None
