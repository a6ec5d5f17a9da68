"""Where a sign-in comes from and where its tokens may go: endpoints, client, scope and mail servers of each service.

Start at `provider_for`. The built-in services are data and accept only their own hosts. For the service *Custom* the
endpoints come from the authority's discovery document (`discovered`). `binding` names all that a sign-in was granted for:
when it changes, the tokens go (a token that follows a changed server name is the printers' "pass-back" hole).
"""

import binascii
import hashlib
import json

from micropython import const

from firmware.checks import only, split_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.api import Identity

    Settings = dict[str, Any]

# A public client (RFC 6749 2.1): its identifier is no secret.
CLIENT_ID = "6f1c8a52-3f0b-4f5e-9a77-5ca4905e0001"
SCOPE = "https://outlook.office.com/SMTP.Send offline_access openid profile"
PORT = const(587)

_LOGIN = "https://login.microsoftonline.com/"
_ISSUER = _LOGIN + "{tenantid}/v2.0"

# service: (tenant of the authority, mail servers with the default first). R05, R09, cloud-facts 3.1 and 4.1.
SERVICES = {
    "exchange": ("organizations", ("smtp-mail.outlook.com", "smtp.office365.com")),
    "outlook": ("consumers", ("smtp-mail.outlook.com",)),
}

_LONGEST_URL = const(512)
_MOST_CERTIFICATES = const(4)
_LONGEST_CERTIFICATE = const(4096)
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_BEGIN = "-----BEGIN "
_LABEL = "CERTIFICATE-----"
_END = "-----END "
_TENANT = "{tenantid}"


class Provider:
    """`roots`: "builtin" when only the board's own roots count, None when the settings say whom to trust."""

    def __init__(
        self,
        service: str,
        authority: str,
        issuer: str,
        device_endpoint: str,
        token_endpoint: str,
        client_id: str,
        scope: str,
        smtp_hosts: "tuple[str, ...]",
        smtp_port: int,
        roots: "str | None",
    ) -> None:
        self.service = service
        self.authority = authority
        self.issuer = issuer
        self.device_endpoint = device_endpoint
        self.token_endpoint = token_endpoint
        self.client_id = client_id
        self.scope = scope
        self.smtp_hosts = smtp_hosts
        self.smtp_port = smtp_port
        self.roots = roots

    def known(self) -> bool:
        """Whether the endpoints are known; if not, fetch one of `discovery_urls` and call `discovered`."""
        return self.token_endpoint != ""

    def document(self) -> "dict[str, str]":
        """What `discovered` needs to make this provider again: a sign-in keeps to the endpoints it was granted by."""
        return {
            "issuer": self.issuer,
            "device_authorization_endpoint": self.device_endpoint,
            "token_endpoint": self.token_endpoint,
        }


def provider_for(settings: "Settings", identity: "Identity | None" = None) -> Provider:
    """The provider that validated `settings` name. That of the service Custom knows no endpoints yet.

    `identity`: of the device, whose owner may have a registration and a tenant of their own.
    """
    service = settings["service"]
    if service in SERVICES:
        tenant, hosts = SERVICES[service]
        if identity is not None and tenant == "organizations":
            tenant = identity.tenant or tenant
        oauth2 = _LOGIN + tenant + "/oauth2/v2.0/"
        authority = _LOGIN + tenant + "/v2.0"
        return Provider(
            service,
            authority,
            _ISSUER,
            oauth2 + "devicecode",
            oauth2 + "token",
            (identity.client_id if identity is not None else "") or CLIENT_ID,
            SCOPE,
            hosts,
            PORT,
            "builtin",
        )
    hosts = (settings["smtp_host"],)
    authority, client_id, scope = settings["authority"], settings["client_id"], settings["scope"]
    return Provider(service, authority, "", "", "", client_id, scope, hosts, settings["smtp_port"], None)


def discovery_urls(authority: str) -> "tuple[str, str]":
    """Where the authority's document may lie: OpenID Connect Discovery 4 first, then RFC 8414 3.1."""
    base = authority.rstrip("/")
    scheme_host, slash, path = base[8:].partition("/")
    return (
        base + "/.well-known/openid-configuration",
        "https://" + scheme_host + "/.well-known/oauth-authorization-server" + slash + path,
    )


def discovered(provider: Provider, document: "dict[str, Any]") -> Provider:
    """`provider` with the endpoints of its authority's discovery document. Raises AnswerError (a ValueError)."""
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or not _same_issuer(issuer, provider.authority):
        raise _unusable("reason.discovery_issuer")
    device_endpoint = document.get("device_authorization_endpoint")
    if device_endpoint is None:
        raise _unusable("reason.no_device_flow")
    return Provider(
        provider.service,
        provider.authority,
        issuer,
        _endpoint(device_endpoint),
        _endpoint(document.get("token_endpoint")),
        provider.client_id,
        provider.scope,
        provider.smtp_hosts,
        provider.smtp_port,
        provider.roots,
    )


def _unusable(key: str) -> Exception:
    from firmware.oauth.answers import AnswerError  # seldom: without it, a check of the binding loads little

    return AnswerError(key)


def _endpoint(url: object) -> str:
    try:
        if isinstance(url, str) and len(url) <= _LONGEST_URL and split_url(url)[0] == "https":
            return url
    except ValueError:
        pass  # the same refusal as for what is no text at all
    raise _unusable("reason.discovery_endpoint")


def _same_issuer(issuer: str, authority: str) -> bool:
    """RFC 8414 3.3: the issuer must be the one that was asked, or its document may be an impostor's.

    Microsoft's multi-tenant authorities answer with "{tenantid}" as their first path segment, a tenant's domain name is
    answered with its GUID; host and the rest of the path are the same then.
    """
    if len(issuer) > _LONGEST_URL:
        return False
    ours, theirs = authority.rstrip("/"), issuer.rstrip("/")
    if ours == theirs:
        return True
    try:
        our_url, their_url = split_url(ours), split_url(theirs.replace(_TENANT, "0"))
    except ValueError:
        return False
    if our_url[:3] != their_url[:3]:
        return False
    our_path, their_path = ours.split("/")[3:], theirs.split("/")[3:]
    if not our_path or not their_path or our_path[1:] != their_path[1:]:
        return False
    return their_path[0] == _TENANT or _is_guid(their_path[0])


def _is_guid(text: str) -> bool:
    return [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12] and only(text, "0123456789abcdefABCDEF-")


def trust_der(settings: "Settings") -> "list[bytes] | None":
    """The certificates to trust besides nothing else, in DER; None for the board's built-in roots.

    Imported certificates count for the service Custom only. Raises ValueError when they are not good PEM.
    """
    if settings["service"] in SERVICES or not settings["ca"]:
        return None
    certificates: "list[bytes]" = []
    body: "str | None" = None
    for line in settings["ca"].replace("\r", "\n").split("\n"):
        line = line.strip()
        if line.startswith(_BEGIN):
            if line != _BEGIN + _LABEL or body is not None:  # somebody's private key has no business here
                raise ValueError("Something else than certificates")
            body = ""
        elif line.startswith(_END):
            if line != _END + _LABEL or body is None:
                raise ValueError("A certificate without its begin")
            certificates.append(_der(body))
            body = None
        elif body is not None:
            body += line
    if body is not None or not 1 <= len(certificates) <= _MOST_CERTIFICATES:
        raise ValueError("No whole certificate, or too many")
    return certificates


def _der(text: str) -> bytes:
    if not only(text, _BASE64) or len(text) > 2 * _LONGEST_CERTIFICATE:
        raise ValueError("Not base64")
    der = binascii.a2b_base64(text)
    # A SEQUENCE whose two-byte length is that of the rest (X.690 8.1): cut or padded ones would fail much later.
    if not 4 <= len(der) <= _LONGEST_CERTIFICATE or der[:2] != b"\x30\x82" or (der[2] << 8 | der[3]) != len(der) - 4:
        raise ValueError("Not a certificate")
    return der


def binding(settings: "Settings", provider: Provider, interface_name: str) -> str:
    """All that a sign-in is granted for, as one text to compare: SHA-256 in hexadecimal."""
    if not settings["verify"]:
        trust = "none"
    elif provider.roots == "builtin" or not settings["ca"]:
        trust = "builtin"
    else:
        trust = _sha256(settings["ca"])
    parts = [
        provider.service,
        provider.issuer,
        provider.device_endpoint,
        provider.token_endpoint,
        provider.client_id,
        provider.scope,
        settings["smtp_host"],
        str(settings["smtp_port"]),
        settings["secure"],
        trust,
        interface_name,
    ]
    return _sha256(json.dumps(parts))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).digest().hex()
