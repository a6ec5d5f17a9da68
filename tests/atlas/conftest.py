"""What all tests of faults share: one authority, whose keys take longer to draw than a whole story to play."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator

import pytest

from sim.cloud.certificates import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    authority = Authority.new(random.Random(5))
    assert authority.token_signer, "drawn here, once"
    return authority


@pytest.fixture
def swept() -> Iterator[None]:
    """What a firmware that was ended leaves behind, a coroutine for one, is dropped now and not in another test."""
    yield
    gc.collect()
