"""The simulated cloud on sockets, on loopback and nowhere else: token service, mail service, people's pages.

Start at `CloudServers.start`. The people's pages are plain HTTP, so that no browser warns about our certificates; everything
that a device talks to is TLS.
"""

from __future__ import annotations

import ssl
from functools import partial
from pathlib import Path
from typing import Any

from sim.cloud import provider as fax_provider
from sim.cloud.cloud import LOGIN_PORT, SMTP_HOSTS, SMTP_PORTS, Cloud
from sim.cloud.entra import LOGIN_HOST
from sim.cloud.faults import WAYS
from sim.cloud.services import serve_https, serve_pages, serve_provider_https, serve_provider_smtp, serve_smtp
from sim.streams import Listening, SocketStream, listen

_ADDRESS = "127.0.0.1"
_NAME = "localhost"


class _Contexts(dict[bytes, ssl.SSLContext]):
    """What `ssl` needs for each certificate: the `usual` ones, and others as soon as somebody presents them."""

    def __init__(self, cloud: Cloud, usual: list[bytes]) -> None:
        super().__init__({der: cloud.issued(der).server_context for der in usual})
        self._cloud = cloud

    def __missing__(self, der: bytes) -> ssl.SSLContext:
        context = self[der] = self._cloud.issued(der).server_context
        return context


class CloudServers:
    """The cloud must have a state folder: that is where a client finds the CA's certificate."""

    def __init__(self, cloud: Cloud) -> None:
        if cloud.state_dir is None:
            raise ValueError("A cloud on sockets needs a folder for its certificate")
        self.cloud = cloud
        self.ca_pem_path: Path = cloud.state_dir / "ca.pem"
        self.ca_der_path: Path = cloud.state_dir / "ca.der"
        self.https_port = self.smtp_port = self.pages_port = 0
        self.provider_https_port = self.provider_smtp_port = self.provider_smtps_port = 0
        self._listening: list[Listening] = []

    async def start(self, port: int = 0, smtp_port: int = 0, pages_port: int = 0) -> None:
        """Listen; 0 means any free port. Raises OSError, and then listens nowhere."""
        cloud = self.cloud
        contexts = _Contexts(cloud, [cloud.certificate_der(way) for way in WAYS])
        try:
            for wanted, serve in (
                (port, self.serve_https),
                (smtp_port, self.serve_smtp),
                (pages_port, self.serve_pages),
                (0, partial(serve_provider_https, cloud)),
                (0, partial(serve_provider_smtp, cloud)),
                (0, partial(serve_provider_smtp, cloud, tls=True)),
            ):
                self._listening.append(await listen(_ADDRESS, wanted, serve, contexts))
        except OSError:
            await self.stop()
            raise
        ports = [each.port for each in self._listening]
        self.https_port, self.smtp_port, self.pages_port = ports[:3]
        self.provider_https_port, self.provider_smtp_port, self.provider_smtps_port = ports[3:]
        cloud.pages_url = f"http://{_ADDRESS}:{self.pages_port}"

    async def stop(self) -> None:
        for listening in self._listening:
            await listening.close()
        self._listening = []

    async def serve_https(self, stream: SocketStream) -> None:
        await serve_https(self.cloud, stream)

    async def serve_smtp(self, stream: SocketStream) -> None:
        await serve_smtp(self.cloud, stream)

    async def serve_pages(self, stream: SocketStream) -> None:
        await serve_pages(self.cloud, stream)

    def busy(self) -> bool:
        """Whether a device is being answered; people at the pages do not count."""
        return any(each.visits() for each in self._listening if each.port != self.pages_port)

    @property
    def cloud_url(self) -> str:
        """The token service; `{cloud_url}/organizations/v2.0` is an authority."""
        return f"https://{_NAME}:{self.https_port}"

    @property
    def signin_url(self) -> str:
        return self.cloud.sign_in_url

    @property
    def mailboxes_url(self) -> str:
        return self.cloud.mailboxes_url

    def name_table(self) -> dict[str, list[Any]]:
        """Where a simulated device's names lead: "host:port" -> [address, port]. The well-known ones, and our own ports."""
        table: dict[str, list[Any]] = {f"{LOGIN_HOST}:{LOGIN_PORT}": [_ADDRESS, self.https_port]}
        table |= {f"{host}:{port}": [_ADDRESS, self.smtp_port] for host in SMTP_HOSTS for port in SMTP_PORTS}
        for host, port, own in (
            (fax_provider.LOGIN_HOST, LOGIN_PORT, self.provider_https_port),
            (fax_provider.SMTP_HOST, fax_provider.SMTP_PORT, self.provider_smtp_port),
            (fax_provider.SMTP_HOST, fax_provider.SMTPS_PORT, self.provider_smtps_port),
        ):
            table[f"{host}:{port}"] = [_ADDRESS, own]
        for own in (
            self.https_port,
            self.smtp_port,
            self.provider_https_port,
            self.provider_smtp_port,
            self.provider_smtps_port,
        ):
            table |= {f"{name}:{own}": [_ADDRESS, own] for name in (_NAME, _ADDRESS)}
        return table

    def ready(self) -> dict[str, Any]:
        """What a program needs to use this cloud; it holds passwords."""
        return {
            "cloud": self.cloud_url,
            "authority": f"{self.cloud_url}/organizations/v2.0",
            "smtp": {"host": _NAME, "port": self.smtp_port},
            "signin": self.signin_url,
            "mailboxes": self.mailboxes_url,
            "ca_pem": str(self.ca_pem_path),
            "ca_der": str(self.ca_der_path),
            "accounts": self.cloud.accounts(),
            "client_id": self.cloud.client_id,
            "tenant": self.cloud.tenant_name,
            **self.more(),
        }

    def more(self) -> dict[str, Any]:
        """What both ready files have about tenants and the fax provider."""
        return {
            "faxes": self.cloud.faxes_url,
            "tenants": [tenant.domain for tenant in self.cloud.directory.tenants],
            "provider": {
                "domain": fax_provider.DOMAIN,
                "fax_domain": fax_provider.FAX_DOMAIN,
                "authority": f"https://{_NAME}:{self.provider_https_port}",
                "client_id": fax_provider.CLIENT_ID,
                "scope": fax_provider.SCOPE,
                "smtp": {"host": _NAME, "port": self.provider_smtp_port, "tls_port": self.provider_smtps_port},
                "signin": self.cloud.pages_url + fax_provider.PAGES_PATH,
            },
        }
