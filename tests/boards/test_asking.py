"""Names and time by UDP: what a board makes of servers that are dead, wrong, slow, full of nonsense or hostile."""

from __future__ import annotations

import asyncio
import datetime
import json
import random
import socket
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.image import ROOT, build_image
from tests.boards import lan
from tests.boards.lan import AAAA, CNAME, A, Behaviour, record, reply
from tests.boards.on_bench import HERE, command

pytestmark = pytest.mark.live
_SERVERS = ("192.0.2.53", "192.0.2.54")
_BLOCKED_MS = 100  # longer than the panel may ever wait, with two busy cores
_HERE = b"\xc0\x0c"  # the name of the question
_ADDRESS = b"\xc0\x00\x02\x07"  # 192.0.2.7


class Asked:
    """`names`: what came of each; `took_ms`: how long. `clocks`: what time it is then, what the chip was told, the log."""

    def __init__(self, lines: list[str], names: int) -> None:
        values = [json.loads(line) for line in lines]
        self.names: list[Any] = [outcome for outcome, _ in values[:names]]
        self.took_ms = [took_ms for _, took_ms in values[:names]]
        self.clocks: list[tuple[int | None, list[list[int]], list[str]]] = values[names:-1]
        self.panel_waited_ms: int = values[-1]


def ask(
    folder: Path,
    names: list[str],
    *servers: Behaviour,
    timeout_ms: int = 5000,
    clocks: dict[str, Behaviour] | None = None,
    asked_from: list[tuple[str, int]] | None = None,
) -> Asked:
    """With these name servers; clocks are asked by names that the first one knows. Whence is added to `asked_from`."""

    async def story() -> Asked:
        image = build_image(image=ROOT / "build" / "image-hal", packages=("hal",))
        async with AsyncExitStack() as stack:
            leads = {}
            for address, behaviour in zip(_SERVERS, servers, strict=False):
                leads[f"{address}:53"] = await stack.enter_async_context(lan.serving(behaviour, asked_from))
            for number, behaviour in enumerate((clocks or {}).values()):
                leads[f"192.0.2.{100 + number}:123"] = await stack.enter_async_context(lan.serving(behaviour))
            given = {
                "servers": _SERVERS[: len(servers)],
                "names": [[name, timeout_ms] for name in names],
                "clocks": list(clocks or {}),
                "lan": leads,
            }
            (folder / "given.json").write_text(json.dumps(given))
            process = await asyncio.create_subprocess_exec(
                *command(512), "asking.py", str(folder / "given.json"),
                cwd=HERE, env={"MICROPYPATH": f"{HERE}:{image}:.frozen"},
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            output, _ = await process.communicate()
            assert process.returncode == 0, output.decode()
            return Asked(output.decode().splitlines(), len(names))

    asked = asyncio.run(story())
    assert asked.panel_waited_ms < _BLOCKED_MS
    return asked


def dead(query: bytes) -> None:
    return None


def right(query: bytes) -> bytes:
    return reply(query, [record(_HERE, A, _ADDRESS)])


def failing(query: bytes) -> bytes:
    return reply(query, [], lan.SERVER_FAILURE)


# --- names ---


def test_what_is_asked_and_taken(tmp_path: Path) -> None:
    queries: list[bytes] = []

    def server(query: bytes) -> bytes:
        queries.append(query)
        name = lan.asked(query)
        assert name == name.lower()
        others = [record(_HERE, AAAA, bytes(16)), record(lan.name("other.test"), A, bytes(4))]
        five = [record(_HERE, A, bytes((192, 0, 2, n))) for n in range(5)]
        return reply(query, others + five)

    asked = ask(tmp_path, ["Mail.Test", "192.0.2.99", "mail.test.", "a..test", "x" * 64 + ".test", ""], server)
    four = [f"192.0.2.{n}" for n in range(4)]
    assert asked.names == [four, ["192.0.2.99"], four, "NameNotFound", "NameNotFound", "NameNotFound"]
    assert [lan.asked(query) for query in queries] == ["mail.test"]  # kept, whatever its letters


def test_an_answer_is_kept_for_as_long_as_it_says(tmp_path: Path) -> None:
    count = {"brief.test": 0, "long.test": 0}

    def server(query: bytes) -> bytes:
        count[lan.asked(query)] += 1
        return reply(query, [record(_HERE, A, _ADDRESS, 0 if lan.asked(query) == "brief.test" else 86400)])

    ask(tmp_path, ["brief.test", "long.test"] * 3, server)
    assert count == {"brief.test": 3, "long.test": 1}


@pytest.mark.parametrize("first", [dead, failing, lambda query: reply(query, [], lan.REFUSED, lan.TRUNCATED)])
def test_another_server_is_asked_when_one_is_dead_or_cannot_tell(tmp_path: Path, first: Behaviour) -> None:
    asked = ask(tmp_path, ["mail.test"], first, right)
    assert asked.names == [["192.0.2.7"]]
    assert asked.took_ms[0] < 2500


def test_dead_servers_hold_up_neither_the_panel_nor_the_job_for_longer_than_it_allows(tmp_path: Path) -> None:
    queries = []

    def server(query: bytes) -> None:
        queries.append(query)

    asked = ask(tmp_path, ["mail.test"], server, server, timeout_ms=2500)
    assert asked.names == ["NetworkTimeout"]
    assert 2400 <= asked.took_ms[0] < 3500
    assert len(queries) == 3  # a second each, and what is left


def test_no_name_server_and_no_such_name(tmp_path: Path) -> None:
    assert ask(tmp_path, ["mail.test"]).names == ["NameNotFound"]
    asked = ask(tmp_path, ["mail.test"], lan.names({}), dead)
    assert asked.names == ["NameNotFound"] and asked.took_ms[0] < 900


def test_number_and_port_cannot_be_guessed(tmp_path: Path) -> None:
    numbers: set[bytes] = set()
    asked_from: list[tuple[str, int]] = []

    def server(query: bytes) -> bytes:
        numbers.add(query[:2])
        return right(query)

    ask(tmp_path, [f"n{n}.test" for n in range(20)], server, asked_from=asked_from)
    ports = {port for _, port in asked_from}
    assert len(numbers) >= 19 and len(ports) >= 19  # two of twenty the same would be chance
    assert all(port >= 49152 for port in ports)


def test_answers_to_something_else_are_passed_over(tmp_path: Path) -> None:
    """A forger who does not see the question guesses its number; another one answers from his own address."""
    forged = b"\xc0\x00\x02\x42"

    def server(query: bytes) -> list[bytes]:
        wrong_number = bytes([query[0] ^ 1]) + query[1:]
        other_name = query[:12] + lan.name("mall.test") + query[-4:]
        return [
            reply(wrong_number, [record(_HERE, A, forged)]),
            reply(other_name, [record(_HERE, A, forged)]),
            query,  # no answer at all
            query[:12],
            b"",
            right(query),
        ]

    asked = ask(tmp_path, ["mail.test"], server)
    assert asked.names == [["192.0.2.7"]] and asked.took_ms[0] < 900


def test_answers_from_elsewhere_are_passed_over(tmp_path: Path) -> None:
    asked_from: list[tuple[str, int]] = []

    def server(query: bytes) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.sendto(reply(query, [record(_HERE, A, b"\xc0\x00\x02\x42")]), asked_from[-1])
        return right(query)

    assert ask(tmp_path, ["mail.test"], server, asked_from=asked_from).names == [["192.0.2.7"]]


def test_what_was_cut_off_is_used_as_far_as_it_came(tmp_path: Path) -> None:
    def server(query: bytes) -> bytes:
        whole = reply(query, [record(_HERE, A, _ADDRESS), record(_HERE, A, _ADDRESS)], flags=lan.TRUNCATED)
        return whole[:-16]  # the second record is gone, and still counted

    assert ask(tmp_path, ["mail.test"], server).names == [["192.0.2.7"]]


def test_aliases_are_followed_in_one_answer_or_over_several_and_not_in_circles(tmp_path: Path) -> None:
    def server(query: bytes) -> bytes:
        asked = lan.asked(query)
        if asked == "mail.test":
            chain = ["mail.test", "a.test", "b.test", "c.test"]
            records = [record(lan.name(owner), CNAME, lan.name(alias)) for owner, alias in pairwise(chain)]
            return reply(query, [record(lan.name("c.test"), A, _ADDRESS), *reversed(records)])
        if asked == "far.test":
            return reply(query, [record(_HERE, CNAME, lan.name("near.test"))])
        if asked == "near.test":
            return reply(query, [record(_HERE, A, b"\xc0\x00\x02\x08")])
        circle = {"x.test": "y.test", "y.test": "x.test"}
        return reply(query, [record(lan.name(owner), CNAME, lan.name(alias)) for owner, alias in circle.items()])

    asked = ask(tmp_path, ["mail.test", "far.test", "x.test"], server)
    assert asked.names == [["192.0.2.7"], ["192.0.2.8"], "NameNotFound"]


def test_nonsense_is_no_answer(tmp_path: Path) -> None:
    """Whatever stands behind a question that is right, pointers in circles too: no crash, no address, in bounded time."""
    drawn = random.Random(5)

    def server(query: bytes) -> bytes:
        head = reply(query, [])
        count = drawn.choice([1, 2, 7, 65535])
        tail = drawn.choice([b"\xc0\x0c" * 9, b"\xff" * 40, b"\x3f" * 20, b"\xc1\xff", drawn.randbytes(60), b""])
        return head[:6] + count.to_bytes(2, "big") + head[8:] + tail

    asked = ask(tmp_path, [f"n{n}.test" for n in range(40)], server, timeout_ms=60)
    assert set(asked.names) <= {"NetworkTimeout", "NameNotFound"}
    assert max(asked.took_ms) < 1000


# --- the time ---


def test_the_clock_is_set_by_a_server_that_knows_the_time(tmp_path: Path) -> None:
    clocks = {"time.test": lan.the_time(offset_s=1000.5)}
    asked = ask(tmp_path, [], lan.names({"time.test": "192.0.2.100"}), clocks=clocks)
    now, told, lines = asked.clocks[0]
    assert now is not None and abs(now - time.time() - 1000.5) < 3
    [fields] = told  # year, month, day, weekday (0 is Monday), hours, minutes, seconds, fraction
    set_to = datetime.datetime.fromtimestamp(now, datetime.UTC)
    assert fields[:7] == [*set_to.timetuple()[:3], set_to.weekday(), *set_to.timetuple()[3:6]]
    assert lines == ["clock: set by time.test"]


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (lan.the_time(leap=3), "does not know the time"),
        (lan.the_time(stratum=16), "does not know the time"),
        (lan.the_time(mode=3), "does not know the time"),
        (lan.the_time(stratum=0, reference=b"RATE"), "b'RATE'"),
        (lan.the_time(offset_s=-700_000_000), "before this device was made"),
    ],
    ids=["unsynchronised", "too far away", "no server", "kiss of death", "the past"],
)
def test_the_clock_stays_unset_when_the_server_is_not_to_be_believed(
    tmp_path: Path, behaviour: Behaviour, why: str
) -> None:
    asked = ask(tmp_path, [], lan.names({"time.test": "192.0.2.100"}), clocks={"time.test": behaviour})
    now, told, lines = asked.clocks[0]
    assert (now, told) == (None, [])
    assert len(lines) == 1 and why in lines[0]


def test_the_clock_stays_unset_without_an_answer_to_its_own_question(tmp_path: Path) -> None:
    """A dead server, a forged answer, and a name that is not known."""
    clocks = {"dead.test": dead, "forged.test": lan.the_time(origin=bytes(8)), "unknown.test": dead}
    known = {"dead.test": "192.0.2.100", "forged.test": "192.0.2.101"}
    asked = ask(tmp_path, [], lan.names(known), clocks=clocks)
    assert [now for now, _, _ in asked.clocks] == [None] * 3
    assert "does not answer" in asked.clocks[0][2][0] and "does not answer" in asked.clocks[1][2][0]
    assert "is not known" in asked.clocks[2][2][0]
