"""Certificates of every kind, and keys that are the same for the same seed."""

import random
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hal.errors import CertificateError
from sim.cloud.certificates import Authority
from sim.network import check_certificate
from tests.cloud.world import AUTHORITY

NOW_S = 1_764_576_000


def test_the_same_seed_gives_the_same_keys() -> None:
    first, second, other = (Authority.new(random.Random(seed)) for seed in (1, 1, 2))
    assert first.ca_der == second.ca_der != other.ca_der
    assert first.server("a.test").certificate_der == second.server("a.test").certificate_der
    assert first.token_key.private_numbers() == AUTHORITY.token_key.private_numbers()
    assert first.token_key.key_size == 2048


def test_good_for_its_names_and_for_as_long_as_anybody_travels() -> None:
    certified = AUTHORITY.server("login.test", "127.0.0.1")
    for name in ("login.test", "127.0.0.1"):
        for year in (2021, 2025, 2070, 2099):
            moment = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
            check_certificate(certified.certificate_der, name, [AUTHORITY.ca_der], moment)


@pytest.mark.parametrize(
    ("names", "options", "reason"),
    [
        (["other.test"], {}, "name"),
        (["login.test"], {"valid_to": datetime(2025, 1, 1, tzinfo=UTC)}, "expired"),
        (["login.test"], {"valid_from": datetime(2027, 1, 1, tzinfo=UTC)}, "not-yet-valid"),
    ],
)
def test_wrong_ones_can_be_made(names: list[str], options: dict[str, datetime], reason: str) -> None:
    certified = AUTHORITY.issue(names, **options)  # type: ignore[arg-type]
    with pytest.raises(CertificateError) as caught:
        check_certificate(certified.certificate_der, "login.test", [AUTHORITY.ca_der], NOW_S)
    assert caught.value.reason == reason


def test_another_authority_is_not_trusted() -> None:
    other = Authority.new(random.Random(2)).server("login.test")
    with pytest.raises(CertificateError) as caught:
        check_certificate(other.certificate_der, "login.test", [AUTHORITY.ca_der], NOW_S)
    assert caught.value.reason == "untrusted"


def test_kept_with_private_files(tmp_path: Path) -> None:
    AUTHORITY.save(tmp_path)
    kept = Authority.load(tmp_path, random.Random(5))
    assert kept is not None
    assert kept.ca_der == AUTHORITY.ca_der == (tmp_path / "ca.der").read_bytes()
    assert kept.token_key.private_numbers() == AUTHORITY.token_key.private_numbers()
    check_certificate(kept.server("a.test").certificate_der, "a.test", [AUTHORITY.ca_der], NOW_S)
    for name in ("ca-key.pem", "token-key.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))


def test_nothing_kept(tmp_path: Path) -> None:
    assert Authority.load(tmp_path, random.Random(5)) is None


def test_a_real_start_draws_from_the_system() -> None:
    first, second = (Authority.new(random.SystemRandom()) for _ in range(2))
    assert first.ca_der != second.ca_der
    assert first.token_key.private_numbers() != second.token_key.private_numbers()
