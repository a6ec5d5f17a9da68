"""The device on real MicroPython at the mail provider: its own root, TLS from the first byte, a fax at the end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from sim.person import Administrator, custom_form, ended, scan_to_email
from sim.world import World
from tests.live.started import FarWorld, Started

pytestmark = pytest.mark.live

CUSTOMER = "bureau@faksas.example"


async def sign_in_and_fax(run: Started) -> None:
    world = cast(World, FarWorld(run))
    custom = run.call("PATCH", "/api/tenants/faksas.example", {"private_root": True})["custom"]
    administrator = Administrator(world)
    await administrator.log_in()
    answer = await administrator.sign_in(CUSTOMER, "user", **custom_form(custom, "tls"))
    assert answer["result"] == "signed-in"
    await administrator.press_ok()
    await world.until(lambda state: state["accounts"]["device"]["state"] == "SIGNED_IN")
    for days in (0, 2):
        await world.advance(days * 86400)
        await scan_to_email(world, "+37052345678@fax.faksas.example")
        job = await ended(world)
        assert job["status"] == "sent", job


def test_a_fax_over_tls_with_the_providers_own_root(tmp_path: Path) -> None:
    with Started.run(tmp_path, "--interpreter", "micropython") as run:
        asyncio.run(sign_in_and_fax(run))
        rows = run.call("GET", "/api/faxes")
        assert [(row["n"], row["number"], row["from"], row["duplicate_of"]) for row in rows] == [
            (1, "+37052345678", CUSTOMER, None),
            (2, "+37052345678", CUSTOMER, None),
        ]
        document = run.ask("GET", "/api/faxes/2")
        assert document.headers["content-type"] == rows[1]["content_type"] == "application/pdf"
        assert document.body == b"%PDF-1.7 one page\n" * 50
        assert run.call("GET", f"/api/mailboxes/{CUSTOMER}") == []
