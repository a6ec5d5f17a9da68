"""HTTPS of Web Config from a Pico 2 W's own files in a heap as small as its own, with Python's `ssl` as the browser's."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from boards import stand_in
from sim.browser import Browser, ByteStream
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up
from sim.streams import SocketStream

pytestmark = pytest.mark.live

_BOARD = "pico2_w"
_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # how a ClientHello of 512 bytes begins
_HOST = "127.0.0.1"


class Trusting:
    """Dials in TLS where the device listens for it, and trusts the one certificate, with its address in it."""

    def __init__(self, world: LiveWorld, certificate: x509.Certificate) -> None:
        self._ports = world.link.web_ports
        self._context = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.DER))
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    async def dial(self, host: str, port: int) -> ByteStream:
        context = self._context if port == self._ports["443"] else None
        return SocketStream(*await asyncio.open_connection(host, port, ssl=context))


async def ended_in_silence(reader: asyncio.StreamReader) -> bool:
    """Whether the device hung up without a word."""
    try:
        return await reader.read(1) == b""
    except ConnectionResetError:  # it had not read everything
        return True


async def under_another_name(port: int, certificate: x509.Certificate) -> bytes:
    """The first line of the answer to whoever was led here under a foreign name, in SNI and in the request."""
    context = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.DER))
    context.check_hostname = False
    reader, writer = await asyncio.open_connection(_HOST, port, ssl=context, server_hostname="evil.example")
    writer.write(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    line = await reader.readline()
    writer.close()
    return line


def test_wc17_a_device_switched_to_https_mails_while_people_look_and_others_stall(tmp_path: Path) -> None:
    async def story() -> None:
        world = LiveWorld(
            tmp_path, interpreter="micropython", heap_kb=stand_in.heap_kb(_BOARD), image=stand_in.image(_BOARD)
        )
        try:
            await world.start()
            administrator = await set_up(world)
            in_clear = world.web_config_url()
            page = await administrator.browser.open(in_clear + "security/https")
            page = await administrator.browser.press(page, "Switch HTTPS on")
            assert "HTTPS is on" in page.text
            await world.until(lambda _: world.web_config_url().startswith("https://"))
            port = world.link.web_ports["443"]
            pem = await asyncio.to_thread(ssl.get_server_certificate, (_HOST, port))
            certificate = x509.load_pem_x509_certificate(pem.encode())
            shown = certificate.fingerprint(SHA256()).hex().upper()
            assert " ".join(shown[at : at + 4] for at in range(0, 64, 4)) in page.text

            browser = Browser(Trusting(world, certificate).dial)
            page = await browser.open(in_clear + "login")  # HTTP leads there
            assert page.url == f"https://{_HOST}:{port}/login"
            page = await browser.press(page, "OK", password=world.label()["admin_password"])
            assert page.status == 200 and "Log out" in page.text
            assert b" 421 " in await under_another_name(port, certificate)
            stalled = [await asyncio.open_connection(_HOST, port) for _ in range(12)]
            for number, (_, writer) in enumerate(stalled):
                writer.write(_HELLO[: 12 * (number % 3)])
            await scan_to_email(world, ONA, body=bytes(200_000))
            url = world.web_config_url() + "security/https"
            try:
                assert (await browser.open(url)).status in (200, 503)
            except OSError:  # hung up on: the mail goes first
                pass
            assert (await ended(world))["status"] == "sent"
            assert (await browser.open(url)).status == 200
            for reader, writer in stalled:
                assert await ended_in_silence(reader)  # for somebody else, or when their time was over
                writer.close()
            said = [str(event["log"]) for event in world.events if "log" in event]
            assert sum(line.startswith("start: ") for line in said) == 1, said
        finally:
            await world.stop()

    asyncio.run(story())
