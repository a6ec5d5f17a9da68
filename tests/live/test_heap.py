"""The whole device in the heap of a Pico 2 W, from its own files: panel, Web Config, sign-in and mail together.

1.4 times the board's heap are 560 KB; what a TLS session takes of it on a board is taken off (`boards/stand_in.py`).
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from boards import stand_in
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up

pytestmark = pytest.mark.live

_BOARD = "pico2_w"
_MB = 1024 * 1024


def test_a_document_of_25_mb_passes_while_web_config_is_open(tmp_path: Path) -> None:
    """After another one, since what the first leaves behind is in the way of the second. A page that is asked for meanwhile
    comes or is told to wait; it never costs the mail an attempt.
    """
    block = bytes(range(251)) * 4177  # about 1 MB that no line length divides

    async def story() -> None:
        how: dict[str, Any] = {"heap_kb": stand_in.heap_kb(_BOARD), "image": stand_in.image(_BOARD)}
        world = LiveWorld(tmp_path, interpreter="micropython", size=(320, 240), **how)
        try:
            await world.start()
            administrator = await set_up(world)
            for blocks in (5, 25):
                document = block * blocks
                await scan_to_email(world, ONA, body=document)
                await world.until(lambda s: s["jobs"][0]["status"] == "sending" and sent_bytes(world) > _MB)
                assert world.state()["panel"]["screen"] == "sending"
                page = await administrator.email_page()
                assert "OAuth2" in page.text or (page.status == 503 and "tried again" in page.text), page.text
                job = await ended(world, 120)
                assert "OAuth2" in (await administrator.email_page()).text
                assert (job["status"], job["size"]) == ("sent", len(document))
                raw = world.message(ONA, world.mailbox(ONA)[-1]["n"])
                mail = email.message_from_bytes(raw, policy=email.policy.default)
                [attachment] = mail.iter_attachments()
                received = attachment.get_payload(decode=True)
                assert isinstance(received, bytes)
                assert hashlib.sha256(received).digest() == hashlib.sha256(document).digest()
            said = [str(event["log"]) for event in world.events if "log" in event]
            assert not [line for line in said if line.startswith("job") or "hung" in line], said
            assert sum(line.startswith("start: ") for line in said) == 1, said
        finally:
            await world.stop()

    def sent_bytes(world: LiveWorld) -> int:
        progress = cast(dict[str, int], world.parts.monitor.parts.get("progress", {"sent_bytes": 0}))
        return progress["sent_bytes"]

    asyncio.run(story())
