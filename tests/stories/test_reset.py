"""Restart and factory reset from Web Config: the device comes back, whole or clean (WC-15)."""

from __future__ import annotations

from sim.cloud.certificates import Authority
from sim.flash import FlashStorage
from sim.person import PRINTER, Administrator, set_up
from sim.world import VirtualWorld

SECRET = "a-password-of-mine"


async def come_back(world: VirtualWorld, restarts: int) -> None:
    await world.until(lambda _: len(world.restarts or ()) == restarts, 60)
    await world.advance(60)


def test_a_restart_loses_nothing_and_is_no_crash(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        page = await administrator.browser.open(world.web_config_url() + "device/restart")
        page = await administrator.browser.press(page, "Restart")
        assert "The device restarts." in page.text
        await come_back(world, 1)
        assert world.restarts == ["soft"]
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        assert world.state()["panel"]["screen"] != "restarted"  # which tells of crashes
        await administrator.log_in()
        page = await administrator.browser.open(world.web_config_url() + "security/audit")
        assert "The device was restarted" in page.text

    VirtualWorld(seed=1, authority=authority, restarts=True).run(story)


def test_wc15_after_a_reset_nothing_of_before_is_left(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        url = world.web_config_url()
        page = await administrator.browser.open(url + "security/password")
        old = world.label()["admin_password"]
        await administrator.browser.press(page, "OK", old=old, new=SECRET, again=SECRET)
        page = await administrator.browser.open(url + "device/restart")
        stolen = world.storage.read("email", 0, 65536)
        page = await administrator.browser.press(page, "Yes, erase everything", sure=True)
        assert "erases everything" in page.text
        await come_back(world, 1)
        state = world.state()["accounts"]["device"]
        assert (state["state"], state["address"]) == ("SIGNED_OUT", "")
        kept = b"".join(world.storage.read(name, 0, 65536) for name in world.storage.names())
        assert PRINTER.encode() not in kept and set(world.storage.names()) <= {"audit", "jobs", "panel"}
        fresh = Administrator(world)
        await fresh.log_in()  # with the label's password
        page = await fresh.browser.open(url + "security/audit")
        assert "reset to how it left the factory" in page.text and "A sign-in was saved" not in page.text
        # What the flash still held of before opens no more, not even on this device.
        await world.power("off")
        world.storage.write("email", stolen)
        await world.power("on")
        state = await world.until(lambda s: s["accounts"])
        assert state["accounts"]["device"]["state"] == "SIGNED_OUT"
        assert any("email cannot be opened" in line for line in world.parts.monitor.lines)

    VirtualWorld(seed=2, authority=authority, restarts=True, storage=FlashStorage()).run(story)
