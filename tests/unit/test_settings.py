"""R05, R09: the fields of Network > Email Server > Basic, their ranges (cloud-facts 1.1) and what goes together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.oauth.provider import PORT, SERVICES
from firmware.settings import DEFAULTS, load, public
from firmware.settings_rules import validate
from tests.unit.test_provider import PEM

EXCHANGE = {
    "method": "oauth2",
    "service": "exchange",
    "sender": "printer@bureau.example",
    "smtp_host": "smtp-mail.outlook.com",
    "smtp_port": "587",
    "secure": "starttls",
    "verify": "enable",
}
CUSTOM = dict(
    EXCHANGE,
    service="custom",
    smtp_host="mail.bureau.example",
    authority="https://login.bureau.example/realms/office",
    client_id="scanner",
    scope="smtp offline_access openid",
)


def problems(form: dict[str, str]) -> list[tuple[str, str, str]]:
    return validate(form)[1]


def test_r09_defaults_are_those_of_the_manual() -> None:
    settings, wrong = validate({})
    assert settings == DEFAULTS and not wrong and settings is not DEFAULTS
    assert (settings["smtp_host"], settings["smtp_port"], settings["secure"], settings["verify"]) == (
        "smtp-mail.outlook.com",
        587,
        "starttls",
        True,
    )
    assert (settings["smtp_host"], settings["smtp_port"]) == (SERVICES["exchange"][1][0], PORT)


def test_r05_both_services_and_custom_are_taken() -> None:
    for form in (EXCHANGE, dict(EXCHANGE, service="outlook"), CUSTOM, dict(CUSTOM, ca=PEM)):
        settings, wrong = validate(form)
        assert not wrong and settings["service"] == form["service"]
    assert validate(dict(EXCHANGE, smtp_host="SMTP.Office365.com"))[0]["smtp_host"] == "smtp.office365.com"


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("method", "smtp-auth", "error.method"),
        ("service", "gmail", "error.service"),
        ("secure", "STARTTLS", "error.secure"),
        ("verify", "maybe", "error.verify"),
        ("verify", "", "error.verify"),
        ("account", "a" * 256, "error.too_long"),
        ("account", "ą", "error.account"),
        ("account", "a\x7f", "error.account"),
        ("password", "a" * 21, "error.too_long"),
        ("password", "tab\t", "error.password"),
        ("sender", "a" * 244 + "@bureau.example", "error.too_long"),
        ("sender", "printer", "error.sender"),
        ("sender", "@bureau.example", "error.sender"),
        ("sender", "printer@", "error.sender"),
        ("sender", ".printer@bureau.example", "error.sender"),
        ("sender", "a@b@bureau.example", "error.sender"),
        ("sender", "a" * 65 + "@bureau.example", "error.sender"),
        *(("sender", "a" + c + "b@bureau.example", "error.sender") for c in ':()<>[];\\¥ ,"\r\n\x00ž'),
        ("sender", "a@bureau.example\r\nBcc: b@bureau.example", "error.sender"),
        ("smtp_host", "mail_server", "error.smtp_host"),
        ("smtp_host", "mail.bureau.example.", "error.smtp_host"),
        ("smtp_host", "mail.bureau.example ", "error.smtp_host"),
        ("smtp_host", "mail\x00.example", "error.smtp_host"),
        ("smtp_host", "192.0.2.256", "error.smtp_host"),
        ("smtp_host", "a" * 256, "error.too_long"),
        ("pop3_host", "a/b", "error.pop3_host"),
        ("smtp_port", "0", "error.port"),
        ("smtp_port", "65536", "error.port"),
        ("smtp_port", "-1", "error.port"),
        ("smtp_port", "+587", "error.port"),
        ("smtp_port", " 587", "error.port"),
        ("smtp_port", "5_8", "error.port"),
        ("smtp_port", "²", "error.port"),
        ("smtp_port", "", "error.port"),
        ("pop3_port", "1.5", "error.port"),
        ("authority", "http://login.bureau.example", "error.authority"),
        ("authority", "https://login.bureau.example/?a=b", "error.authority"),
        ("authority", "https://user@login.bureau.example", "error.authority"),
        ("authority", "https://a.example/" + "x" * 250, "error.too_long"),
        ("client_id", "a b", "error.client_id"),
        ("scope", 'a"b', "error.scope"),
        ("scope", "a\nb", "error.scope"),
        ("ca", "not a certificate", "error.ca"),
        ("ca", "\x00", "error.ca"),
        ("ca", "x" * 16385, "error.too_long"),
    ],
)
def test_r09_each_range_has_its_message(field: str, value: str, key: str) -> None:
    assert [(where, what) for where, what, _ in problems(dict(CUSTOM, **{field: value}))] == [(field, key)]


def test_r09_edges_of_the_ranges_are_taken() -> None:
    settings, wrong = validate(
        dict(
            CUSTOM,
            account="~" * 255,
            password=" pass word 123456789",
            smtp_host="192.0.2.1",
            smtp_port="65535",
            pop3_port="1",
            secure="tls",
            verify="disable",
            sender="a" * 64 + "@bureau.example",
        )
    )
    assert not wrong
    assert settings["smtp_port"] == 65535 and settings["verify"] is False
    assert settings["password"] == " pass word 123456789"  # not stripped, not cut


@pytest.mark.parametrize("service", ["exchange", "outlook"])
@pytest.mark.parametrize("host", ["mail.evil.example", "", "smtp-mail.outlook.com.evil.example", "127.0.0.1"])
def test_pass_back_built_in_service_takes_only_its_own_hosts(service: str, host: str) -> None:
    ((field, key, hosts),) = problems(dict(EXCHANGE, service=service, smtp_host=host))
    assert (field, key) == ("smtp_host", "error.smtp_host_of_service")
    assert "smtp-mail.outlook.com" in hosts and ("smtp.office365.com" in hosts) == (service == "exchange")


def test_pass_back_built_in_service_takes_only_its_port_and_starttls() -> None:
    wrong = problems(dict(EXCHANGE, smtp_port="25", secure="none"))
    assert wrong == [
        ("smtp_port", "error.smtp_port_of_service", "587"),
        ("secure", "error.secure_of_service", "STARTTLS"),
    ]


def test_oauth2_never_goes_out_in_the_clear() -> None:
    assert problems(dict(CUSTOM, secure="none")) == [("secure", "error.secure_with_oauth2", "")]
    assert not problems(dict(CUSTOM, secure="none", method="off"))


def test_custom_needs_its_own_fields() -> None:
    form = dict(CUSTOM, smtp_host="", authority="", client_id="", scope="")
    assert [(field, key) for field, key, _ in problems(form)] == [
        (field, "error.missing") for field in ("smtp_host", "authority", "client_id", "scope")
    ]


def test_built_in_services_keep_nothing_of_custom() -> None:
    settings, _ = validate(dict(CUSTOM, ca=PEM))
    settings, wrong = validate(dict(EXCHANGE, service="exchange"), settings)
    assert not wrong
    assert [settings[field] for field in ("authority", "client_id", "scope", "ca")] == ["", "", "", ""]


def test_fields_left_out_stay_and_unknown_ones_never_get_in() -> None:
    current, _ = validate(dict(EXCHANGE, password="kept"))
    settings, wrong = validate({"sender": "b@bureau.example", "refresh_token": "x"}, current)
    assert not wrong and "refresh_token" not in settings
    assert (settings["password"], settings["sender"], settings["method"]) == ("kept", "b@bureau.example", "oauth2")
    assert current["sender"] == "printer@bureau.example"


def test_settings_file_may_hold_numbers_and_truth_values() -> None:
    settings, wrong = validate(dict(EXCHANGE, smtp_port=587, verify=False, keep_alive=False))
    assert not wrong and settings["smtp_port"] == 587
    assert settings["verify"] is False and settings["keep_alive"] is False
    assert problems(dict(EXCHANGE, smtp_port=[587], sender=None)) == [  # type: ignore[arg-type]
        ("sender", "error.sender", ""),
        ("smtp_port", "error.port", "1-65535"),
    ]


def test_load_tolerates_missing_and_mistyped_fields() -> None:
    assert load(None) == DEFAULTS and load({}) == DEFAULTS
    loaded = load({"sender": "a@bureau.example", "smtp_port": "587", "verify": 1, "other": 2, "smtp_host": None})
    assert loaded == dict(DEFAULTS, sender="a@bureau.example")
    settings, _ = validate(dict(CUSTOM, ca=PEM, verify="disable"))
    assert load(settings) == settings


def test_public_has_no_password() -> None:
    shown = public(validate(dict(EXCHANGE, password="hunter2"))[0])
    assert "password" not in shown and "hunter2" not in repr(shown) and shown["smtp_port"] == 587


@given(st.fixed_dictionaries({}, optional={field: st.text(max_size=30) for field in DEFAULTS}))
def test_any_form_gives_settings_or_messages_and_no_control_characters(form: dict[str, str]) -> None:
    settings, wrong = validate(form)
    assert set(settings) == set(DEFAULTS)
    for field, value in settings.items():
        assert type(value) is type(DEFAULTS[field])
        if isinstance(value, str) and field != "ca":
            assert not value or (min(value) >= " " and max(value) <= "~")
    for field, key, argument in wrong:
        assert field in DEFAULTS and key.startswith("error.") and isinstance(argument, str)
