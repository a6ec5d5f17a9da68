"""The device itself at the mail provider, as its service Custom: from the sign-in to the fax, and to the sign-in's end."""

import pytest

from sim.person import Administrator, custom_form, ended, scan_to_email
from sim.world import VirtualWorld
from tests.cloud.world import AUTHORITY, CUSTOMER, DAY_S

DOMAIN = "faksas.example"
NUMBER = "+37052345678@fax.faksas.example"


@pytest.mark.parametrize("rotates", [True, False], ids=["rotating", "lasting"])
@pytest.mark.parametrize(
    ("secure", "switches"),
    [("starttls", {}), ("tls", {}), ("starttls", {"private_root": True, "openid_discovery": False})],
    ids=["STARTTLS", "TLS", "its own root and RFC 8414 only"],
)
def test_a_fax_from_the_panel(secure: str, switches: dict[str, bool], rotates: bool) -> None:
    async def story(world: VirtualWorld) -> None:
        custom = world.patch_tenant({"rotates": rotates, "access_token_s": 1200, **switches}, DOMAIN)["custom"]
        administrator = Administrator(world)
        await administrator.log_in()
        answer = await administrator.sign_in(CUSTOMER, "user", **custom_form(custom, secure))
        assert answer["result"] == "signed-in"
        await administrator.press_ok()
        await world.until(lambda state: state["accounts"]["device"]["state"] == "SIGNED_IN")
        for days in (0, 1, 30):
            await world.advance(days * DAY_S)
            await scan_to_email(world, NUMBER)
            job = await ended(world)
            assert job["status"] == "sent" and job["detail"].startswith("250 2.0.0 Ok: queued as "), job
        rows = world.faxes()
        assert [(row["number"], row["from"], row["duplicate_of"]) for row in rows] == [
            ("+37052345678", CUSTOMER, None)
        ] * 3
        assert world.fax(3).content == b"%PDF-1.7 one page\n" * 50
        await scan_to_email(world, "nobody@fax.faksas.example")
        job = await ended(world)
        assert job["status"] == "failed" and "not a number that can be dialled" in job["detail"]
        world.patch_user(CUSTOMER, {"password": "another one"})
        await world.advance(3600)
        await scan_to_email(world, NUMBER)
        assert (await ended(world))["code"] == 370
        assert len(world.faxes()) == 3

    VirtualWorld(seed=3, authority=AUTHORITY).run(story)
