"""What is sealed on flash: opened by another library, and by nobody without the chip's key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.vault import Vault
from sim.sealed import opened

KEY = bytes(range(32))
VECTOR = bytes(range(16))
BYTES = st.binary(max_size=200)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), BYTES)
def test_another_library_opens_it(key: bytes, vector: bytes, plain: bytes) -> None:
    sealed = Vault(key).seal("email", plain, vector)
    assert opened("email", sealed, key) == Vault(key).open("email", sealed) == plain
    assert 50 <= len(sealed) - len(plain) <= 65
    assert len(plain) < 8 or plain not in sealed[17:-32]


@given(BYTES, st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_noticed(plain: bytes, where: int, change: int) -> None:
    sealed = bytearray(Vault(KEY).seal("email", plain, VECTOR))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(ValueError, match="sealed by another"):
        Vault(KEY).open("email", bytes(sealed))


@given(st.binary(max_size=120))
def test_what_was_never_sealed_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError, match="sealed by another"):
        Vault(KEY).open("email", nonsense)


def test_one_record_cannot_stand_in_anothers_place_nor_on_another_device() -> None:
    sealed = Vault(KEY).seal("email", b"{}", VECTOR)
    for name, key in (("fax", KEY), ("email", bytes(32))):
        with pytest.raises(ValueError, match="sealed by another device"):
            Vault(key).open(name, sealed)


def test_a_later_format_is_named() -> None:
    vault = Vault(KEY)
    body = b"\x02" + vault.seal("email", b"{}", VECTOR)[1:-32]
    with pytest.raises(ValueError, match="another version"):
        vault.open("email", body + vault._mac("email", body))
