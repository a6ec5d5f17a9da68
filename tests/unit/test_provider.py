"""Endpoints, allowed hosts, discovery and trust of each service, and what a sign-in is bound to."""

import base64
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.oauth.provider import CLIENT_ID, binding, discovered, discovery_urls, provider_for, trust_der
from firmware.settings import DEFAULTS


def der(n: int = 300) -> bytes:
    return b"\x30\x82" + n.to_bytes(2, "big") + bytes(i % 251 for i in range(n))


def pem(data: bytes, label: str = "CERTIFICATE") -> str:
    text = base64.b64encode(data).decode()
    lines = "".join(text[i : i + 64] + "\n" for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


PEM = pem(der())
CUSTOM = dict(
    DEFAULTS,
    method="oauth2",
    service="custom",
    smtp_host="mail.bureau.example",
    authority="https://login.bureau.example/realms/office",
    client_id="scanner",
    scope="smtp offline_access openid",
)
DOCUMENT = {
    "issuer": "https://login.bureau.example/realms/office",
    "device_authorization_endpoint": "https://login.bureau.example/realms/office/device",
    "token_endpoint": "https://login.bureau.example/realms/office/token",
}


def test_built_in_services_are_complete() -> None:
    for service, tenant in (("exchange", "organizations"), ("outlook", "consumers")):
        provider = provider_for(dict(DEFAULTS, service=service))
        base = f"https://login.microsoftonline.com/{tenant}"
        assert provider.known() and provider.roots == "builtin"
        assert provider.authority == base + "/v2.0"
        assert provider.device_endpoint == base + "/oauth2/v2.0/devicecode"
        assert provider.token_endpoint == base + "/oauth2/v2.0/token"
        assert provider.scope == "https://outlook.office.com/SMTP.Send offline_access openid profile"
        assert provider.smtp_hosts[0] == "smtp-mail.outlook.com" and provider.smtp_port == 587
    # the settings cannot change where a built-in service is
    assert vars(provider_for(dict(CUSTOM, service="exchange"))) == vars(provider_for(DEFAULTS))


def test_an_owner_has_a_registration_and_a_tenant_of_their_own() -> None:
    def given(client_id: str, tenant: str, **settings: object) -> list[str]:
        identity: Any = SimpleNamespace(client_id=client_id, tenant=tenant)
        provider = provider_for(dict(DEFAULTS, **settings), identity)
        return [provider.client_id, provider.device_endpoint, provider.token_endpoint, provider.authority]

    login = "https://login.microsoftonline.com/bureau.example"
    own = ["own", login + "/oauth2/v2.0/devicecode", login + "/oauth2/v2.0/token", login + "/v2.0"]
    assert given("own", "bureau.example") == own
    assert given("", "bureau.example") == [CLIENT_ID, *own[1:]]
    assert given("", "") == given("", "", account="x") != own
    personal = given("own", "bureau.example", service="outlook")
    assert personal[0] == "own" and "/consumers/" in personal[1]  # personal accounts are in no tenant
    custom: Any = SimpleNamespace(client_id="own", tenant="bureau.example")
    assert vars(provider_for(CUSTOM, custom)) == vars(provider_for(CUSTOM))


def test_custom_is_discovered() -> None:
    provider = provider_for(CUSTOM)
    assert not provider.known() and provider.smtp_hosts == ("mail.bureau.example",) and provider.roots is None
    found = discovered(provider, dict(DOCUMENT, other=[1, 2]))
    assert found.known() and found.token_endpoint == DOCUMENT["token_endpoint"] and found.issuer == DOCUMENT["issuer"]
    assert vars(discovered(provider, found.document())) == vars(found)
    assert discovery_urls(provider.authority) == (
        "https://login.bureau.example/realms/office/.well-known/openid-configuration",
        "https://login.bureau.example/.well-known/oauth-authorization-server/realms/office",
    )
    assert discovery_urls("https://login.bureau.example/")[1] == (
        "https://login.bureau.example/.well-known/oauth-authorization-server"
    )


@pytest.mark.parametrize(
    ("authority", "issuer", "same"),
    [
        ("https://a.example", "https://a.example/", True),
        ("https://a.example/x/", "https://a.example/x", True),
        ("https://a.example/x", "https://a.example/y", False),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://a.example/organizations/v2.0", "https://a.example/{tenantid}/v2.0", True),
        ("https://a.example/bureau.example/v2.0", "https://a.example/0f0f0f0f-1111-2222-3333-444444444444/v2.0", True),
        ("https://a.example/organizations/v2.0", "https://a.example/{tenantid}/v1.0", False),
        ("https://a.example/organizations/v2.0", "https://b.example/{tenantid}/v2.0", False),
        ("https://a.example/organizations/v2.0", "https://a.example:8443/{tenantid}/v2.0", False),
        ("https://a.example/organizations/v2.0", "https://{tenantid}/organizations/v2.0", False),
        ("https://a.example/organizations/v2.0", "https://a.example/other/v2.0", False),
        ("https://a.example", "https://a.example/{tenantid}", False),
        ("https://a.example/x", "https://a.example/x" + "/" * 600, False),
    ],
)
def test_issuer_must_be_the_one_that_was_asked(authority: str, issuer: str, same: bool) -> None:
    provider = provider_for(dict(CUSTOM, authority=authority))
    if same:
        assert discovered(provider, dict(DOCUMENT, issuer=issuer)).issuer == issuer
    else:
        with pytest.raises(ValueError, match=r"reason\.discovery_issuer"):
            discovered(provider, dict(DOCUMENT, issuer=issuer))


@pytest.mark.parametrize("endpoint", ["device_authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "url",
    ["http://login.bureau.example/token", "", 7, "https://u@login.bureau.example/", "https://a.example/" + "x" * 600],
)
def test_endpoints_must_be_https(endpoint: str, url: object) -> None:
    with pytest.raises(ValueError, match=r"reason\.discovery_endpoint"):
        discovered(provider_for(CUSTOM), dict(DOCUMENT, **{endpoint: url}))


def test_provider_without_device_flow_is_named() -> None:
    document = {name: url for name, url in DOCUMENT.items() if name != "device_authorization_endpoint"}
    with pytest.raises(ValueError, match=r"reason\.no_device_flow"):
        discovered(provider_for(CUSTOM), document)
    with pytest.raises(ValueError, match=r"reason\.discovery_issuer"):
        discovered(provider_for(CUSTOM), {"issuer": ["x"]})


def test_certificates_are_decoded_one_by_one() -> None:
    text = "subject=whatever\n" + pem(der(300)) + "\n" + pem(der(1500)).replace("\n", "\r\n")
    assert trust_der(dict(CUSTOM, ca=text)) == [der(300), der(1500)]
    assert trust_der(dict(CUSTOM, ca="")) is None


def test_imported_certificates_count_for_custom_only() -> None:
    assert trust_der(dict(CUSTOM, ca=PEM, service="exchange")) is None


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        pem(der(), "PRIVATE KEY"),
        PEM + pem(der(), "EC PRIVATE KEY"),
        PEM.replace("-----END CERTIFICATE-----", ""),
        PEM.replace("-----BEGIN CERTIFICATE-----", ""),
        "-----BEGIN CERTIFICATE-----\n" + PEM,
        PEM.replace("MIIB", "MI*B"),
        pem(der()[:-1]),
        pem(der() + b"x"),
        pem(b""),
        pem(b"\x30\x82"),
        pem(b"\x31" + der()[1:]),
        pem(der(5000)),
        pem(der())[:100],
        PEM * 5,
    ],
)
def test_bad_certificates_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each for its own reason; the page says the same for all)
        trust_der(dict(CUSTOM, ca=text))


def test_pass_back_all_that_a_sign_in_was_granted_for_is_bound() -> None:
    """Changing one of these changes the binding; changing what it was not granted for does not."""

    def bound(interface: str = "Wired LAN", document: object = None, **changes: object) -> str:
        settings = dict(CUSTOM, **changes)
        found = document if isinstance(document, dict) else dict(DOCUMENT, issuer=settings["authority"])
        return binding(settings, discovered(provider_for(settings), found), interface)

    first = bound()
    assert len(first) == 64 and first == bound()
    others = [
        bound(authority="https://login.evil.example"),
        bound(client_id="other"),
        bound(scope="smtp offline_access"),
        bound(smtp_host="mail.evil.example"),
        bound(smtp_port=2587),
        bound(secure="tls"),
        bound(verify=False),
        bound(ca=PEM),
        bound(ca=pem(der(301))),
        bound("Wired LAN (additional)"),
        bound(document=dict(DOCUMENT, token_endpoint="https://evil.example/token")),
        bound(document=dict(DOCUMENT, device_authorization_endpoint="https://evil.example/device")),
        binding(dict(DEFAULTS), provider_for(DEFAULTS), "Wired LAN"),
        binding(dict(DEFAULTS, service="outlook"), provider_for(dict(DEFAULTS, service="outlook")), "Wired LAN"),
    ]
    assert len({first, *others}) == 1 + len(others)
    for field, value in (
        ("sender", "b@bureau.example"),
        ("account", "x"),
        ("password", "y"),
        ("pop3_host", "pop.example"),
    ):
        assert bound(**{field: value}) == first, field
