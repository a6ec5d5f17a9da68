"""The power cuts must find each firmware that is wrong on purpose, and by the right name.

A run that does not find one of them looks at too little.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sim.flash import FlashStorage
from tests.powercuts import wrong
from tests.powercuts.cutting import Medium, OnLittlefs, OnTorn, Result, begin, explore, restart
from tests.powercuts.outside import Loss
from tests.powercuts.printer import Parts
from tests.powercuts.scripts import SCRIPTS, signed_in


@dataclass(frozen=True)
class Wrong:
    script: str
    kind: str
    parts: Parts
    medium: Medium = field(default_factory=OnLittlefs)


WRONG = {
    "record in place": Wrong("settings change", "record", Parts(store=wrong.InPlace), OnTorn()),
    "old record removed first": Wrong("settings change", "record", Parts(store=wrong.OldOneFirst)),
    "half record taken for a new one": Wrong("settings change", "record", Parts(store=wrong.Unchecked)),
    "record written later": Wrong("settings change", "record", Parts(store=wrong.Later)),
    "token erased in a second write": Wrong("server change", "pass-back", Parts(accounts=wrong.TokenErasedAfterwards)),
    "token erased in memory": Wrong("sign-out", "pass-back", Parts(accounts=wrong.TokenErasedInMemory)),
    "token used before it is written": Wrong("refresh with rotation", "token", Parts(accounts=wrong.UsedBeforeWritten)),
    "journal without check sums": Wrong("mail job", "job", Parts(journal=wrong.NoCheckSum), OnTorn()),
    "journal shortened in place": Wrong("history wraps around", "job", Parts(journal=wrong.ShortenedInPlace)),
    "journal drops what has not ended": Wrong("jobs that wait", "job", Parts(journal=wrong.OldestGo)),
    "journal drops it and notes it again": Wrong("jobs that wait", "job", Parts(journal=wrong.NotedAgainAfterwards)),
    "torn line becomes whole": Wrong("mail job", "job", Parts(journal=wrong.HalfLineGoesOn), OnTorn()),
    "job promised in memory": Wrong("mail job", "job", Parts(journal=wrong.InMemory)),
    "Message-ID drawn anew": Wrong("mail job", "job", Parts(queue=wrong.AnotherMail)),
    "job ended before it is sent": Wrong("mail job", "job", Parts(queue=wrong.EndedBeforeSent)),
}


@pytest.mark.parametrize("name", WRONG)
def test_is_found(name: str) -> None:
    variant = WRONG[name]
    before, script = SCRIPTS[variant.script]
    result = Result(name, most_losses=1)
    start = begin(variant.medium, before, variant.parts)
    explore(result, variant.medium, start, script, variant.parts, depth=1)
    assert result.kinds == {variant.kind}, (result.losses, result.tried)


@pytest.mark.parametrize(
    ("storage", "kind"),
    [(wrong.FormatsWhatDoesNotMount, "formatted"), (wrong.FormatsAtEachStart, "record"), (FlashStorage, "mount")],
)
def test_a_flash_that_does_not_mount_is_not_formatted(storage: type[FlashStorage], kind: str) -> None:
    """The right storage says that it cannot be mounted, and leaves it for somebody who can read it."""
    picture, facts = begin(OnLittlefs(), signed_in, Parts())
    destroyed = tuple(bytes(len(block)) if number < 2 else block for number, block in enumerate(picture))
    if storage is wrong.FormatsAtEachStart:
        destroyed = picture
    with pytest.raises(Loss) as found:
        restart(OnLittlefs(storage=storage), destroyed, facts, Parts())
    assert found.value.kind == kind
