"""Each row of `others.txt`: faults that the fax server and a user of Scan to My Email meet, and cost nobody else anything.

The rows of one place are played one after the other in one life, which all invariants watch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from firmware.panel.strings import text
from sim.cloud.faults import FAX_KINDS
from sim.life import FAX, Life
from sim.person import ONA, PRINTER

_LATER_S = 2 * 3600.0  # the access tokens have run out by then: each mail begins with a refresh
_LONGEST_JOB_S = 6 * 3600
_HEALTHY_S = 600.0
_PIN = "4711"
_ENDED = ("sent", "failed")
_ACCOUNTS = {"fax": "fax", "attempt": "fax", "user": "user:ona"}


class Row(NamedTuple):
    id: str
    who: str
    where: str
    fault: str
    lasts: str
    outcome: str
    sign_in: str
    message: str
    options: dict[str, Any]


def _rows() -> list[Row]:
    lines = Path(__file__).with_name("others.txt").read_text("utf-8").splitlines()
    rows = []
    for line in [line for line in lines if line and line[0] != "#"][1:]:
        cells = [cell.strip() for cell in [*line.split("|", 8), "{}"][:9]]
        id, who, where, fault, lasts, outcome, sign_in, message, options = cells
        message = "" if message == "-" else message
        rows.append(Row(id, who, where, fault, lasts, outcome, sign_in, message, json.loads(options)))
    return rows


ROWS = _rows()
PLACES = list(dict.fromkeys((row.who, row.where) for row in ROWS))


@pytest.mark.parametrize(("who", "where"), PLACES, ids=[" ".join(place) for place in PLACES])
def test_rows(who: str, where: str) -> None:
    life = Life(seed=1)
    life.start()
    life.take("sign_in", account=PRINTER)
    if who == "user":
        life.take("add_user", id="ona", email=ONA, pin=_PIN)
    _sign_in(life, who)
    for row in ROWS:
        if (row.who, row.where) == (who, where):
            try:
                _play(life, row)
            except Exception as error:
                error.add_note(str(row))
                raise
    life.end()


def _play(life: Life, row: Row) -> None:
    life.take("wait", seconds=_LATER_S)
    before = life.world.cloud.faults.strikes
    fault = {"where": row.where, "kind": row.fault, **row.options, **({"times": 1} if row.lasts == "once" else {})}
    life.take("fault", fault=fault)
    words = _attempt(life, row) if row.who == "attempt" else _send(life, row)
    assert life.world.cloud.faults.strikes > before, "no strike"
    if row.message:
        assert text(row.message) in words, words
    if row.where.startswith("fax-"):
        _goes_out(life, "send", to=ONA)  # meanwhile, from the device's own account
    life.take("faults_end")
    life.take("power_cut")
    step, arguments = _sending(row.who)
    life.take(step, **arguments, wait_s=_HEALTHY_S)
    assert (_state(life, row.who), _state(life, "device")) == (row.sign_in, "SIGNED_IN")
    if row.sign_in != "SIGNED_IN":
        _sign_in(life, row.who)
    _goes_out(life, step, **arguments)
    _goes_out(life, "send", to=ONA)


def _sending(who: str) -> tuple[str, dict[str, Any]]:
    return ("my_email", {"id": "ona", "pin": _PIN}) if who == "user" else ("fax", {"to": "112"})


def _sign_in(life: Life, who: str) -> None:
    if who == "user":
        life.take("user_sign_in", id="ona", pin=_PIN, account=ONA)
    else:
        life.take("fax_sign_in")
    assert _state(life, who) == "SIGNED_IN", life.could_not


def _state(life: Life, who: str) -> str:
    """As it is on flash, which is what the device tells (`FlashAgreesWithWhatIsTold`)."""
    record = life.watch.told_as(_ACCOUNTS.get(who, who)).record
    return str(record["account"]["state"])


def _goes_out(life: Life, step: str, **arguments: Any) -> None:
    life.take(step, **arguments, wait_s=_HEALTHY_S)
    job = life.world.state()["jobs"][0]
    assert job["status"] == "sent", (step, life.could_not, job)


def _send(life: Life, row: Row) -> str:
    """The fax or the mail under the fault, to its end; what is told of it."""
    step, arguments = _sending(row.who)
    faxes = len(life.world.faxes())
    life.take(step, **arguments, wait_s=0.0)
    assert not life.could_not, life.could_not
    life.world.do(life.world.until(lambda s: s["jobs"][0]["status"] in _ENDED, _LONGEST_JOB_S), _LONGEST_JOB_S + 60)
    job = life.world.state()["jobs"][0]
    assert (str(job["code"]) if job["code"] else job["status"]) == row.outcome, job
    if row.who == "fax" and row.fault != "lost-250":
        assert len(life.world.faxes()) - faxes == (row.outcome == "sent")
    return str(job["detail"])


def _attempt(life: Life, row: Row) -> str:
    """An administrator signs in to the fax server anew; the saved sign-in stays as it is."""
    life.world.do(_begin(life), _LONGEST_JOB_S)
    attempt = life.world.state()["signin"]
    assert attempt["state"] == row.outcome, attempt
    return str(attempt["reason"])


async def _begin(life: Life) -> None:
    await life.administrator.log_in()
    await life.administrator.begin_sign_in("fax", **FAX)


def test_the_table_has_every_fault_of_the_fax_server() -> None:
    rows = {(row.where, row.fault) for row in ROWS}
    assert {(where, kind.name) for kind in FAX_KINDS for where in kind.where} - rows == set()
