"""Somebody else's provider and mail server are used through settings alone, on both interpreters (service *Custom*)."""

from __future__ import annotations

import asyncio
import email
import email.policy
from pathlib import Path

import pytest

from sim.live_world import LiveWorld
from sim.person import Administrator, ended, scan_to_email
from tests.elsewhere.peers import ADDRESS, CLIENT_ID, SCOPE, MailServer, Provider, context

pytestmark = pytest.mark.live


def custom(provider: Provider, mail: MailServer, ca: str) -> dict[str, str]:
    """The fields of Web Config's page."""
    return {
        "method": "oauth2",
        "service": "custom",
        "authority": provider.url,
        "client_id": CLIENT_ID,
        "scope": SCOPE,
        "smtp_host": "localhost",
        "smtp_port": str(mail.port),
        "secure": "starttls",
        "ca": ca,
    }


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_device_flow_refresh_and_mail(interpreter: str, tmp_path: Path) -> None:
    """Sign-in, two mails, a refresh with rotation between them; a new server gets no token (pass-back)."""
    certificate, ca = context(tmp_path)

    async def story(provider: Provider, mail: MailServer, other: MailServer) -> None:
        world = LiveWorld(tmp_path / "state", interpreter=interpreter)
        try:
            await world.start()
            administrator = Administrator(world)
            await administrator.log_in()
            fields = custom(provider, mail, ca)
            signin = await administrator.begin_sign_in(**fields)
            provider.approve(signin["user_code"])
            await world.until(lambda s: s["signin"] and s["signin"]["state"] == "GRANTED")
            await administrator.press_ok()
            await world.until(lambda s: s["accounts"]["device"]["state"] == "SIGNED_IN")
            assert world.state()["accounts"]["device"]["address"] == ADDRESS
            await scan_to_email(world, "ona@elsewhere.test", "žemėlapis.pdf", b"%PDF-1.7" * 9000)
            assert (await ended(world))["status"] == "sent"
            await world.advance(7200)
            await scan_to_email(world, "ona@elsewhere.test", "second.pdf")
            assert (await ended(world))["status"] == "sent"
            assert provider.refreshes >= 1
            first = email.message_from_bytes(mail.mails[0], policy=email.policy.default)
            [attachment] = list(first.iter_attachments())
            assert attachment.get_content() == b"%PDF-1.7" * 9000
            assert attachment.get_filename() == "žemėlapis.pdf"
            await administrator.log_in()  # two hours later
            await administrator.press_ok(smtp_port=str(other.port))
            await world.until(lambda s: s["accounts"]["device"]["state"] == "SIGNED_OUT")
            await scan_to_email(world, "ona@elsewhere.test")
            job = await ended(world)
            assert (job["status"], job["code"]) == ("failed", 360)
            assert "settings" in job["detail"].lower()
            assert other.bearers == []
        finally:
            await world.stop()

    with (
        Provider(certificate) as provider,
        MailServer(provider, certificate) as mail,
        MailServer(provider, certificate) as other,
    ):
        asyncio.run(story(provider, mail, other))
