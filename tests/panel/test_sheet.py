"""The network status sheet, from the device's state to paper."""

import pytest

from firmware.sheet import sheet
from sim.printer import SimPrinter
from tests.panel.fake import Device, Interface
from tests.panel.scenes import HOSTILE


def printed(device: Device) -> list[str]:
    """The lines on the paper of the simulated printer."""
    import asyncio

    printer = SimPrinter(lambda: None)

    async def write() -> None:
        for piece in sheet.escpos(sheet.rows(device)):  # type: ignore[arg-type]
            await printer.write(piece)

    asyncio.run(write())
    assert len(printer.papers) == 1
    return printer.papers[0].text.split("\n")


@pytest.mark.parametrize("language", ["en", "lt"])
def test_contains_network_and_email_server_settings(language: str) -> None:
    """R14."""
    device = Device((320, 240), language)
    device.signed_in()
    text = "\n".join(printed(device))
    for value in [
        "Scanpost One",
        "SP00004711",
        "198.51.100.7",
        "255.255.255.0",
        "198.51.100.1",
        "198.51.100.53",
        "02:00:5E:10:00:01",
        "http://198.51.100.7/",
        "OAuth2",
        "Microsoft Exchange Online",
        "printer@bureau.example",
        "smtp-mail.outlook.com",
        "587",
        "STARTTLS",
        "2026-03-01",
    ]:
        assert value in text
    assert ("Signed in" if language == "en" else "Prisijungta") in text
    assert "?" not in text


def test_lithuanian_letters_arrive_on_paper() -> None:
    """R14: code page 775, table 33."""
    lines = printed(Device((320, 240), "lt"))
    assert lines[0] == "Tinklo būsenos lapas"
    assert any(line.startswith("Numatytasis šliuzas") for line in lines)
    assert any(line.startswith("Autentifikavimo būdas") for line in lines)
    every = "ĄČĘĖĮŠŲŪŽąčęėįšųūž„“"
    assert sheet._encoded(every) == every.encode("cp775")


def test_no_secret_is_printed() -> None:
    device = Device((320, 240))
    device.signed_in()
    text = "\n".join(printed(device))
    assert "secret-password" not in text
    assert "label-password" not in text


def test_states_of_the_sign_in() -> None:
    """R12, R14."""
    device = Device((320, 240))
    rows = sheet.rows(device)  # type: ignore[arg-type]
    assert ("Sign-in Status", "Not signed in") in rows
    device.ended("REAUTH", "reason.revoked\tAADSTS50173")
    rows = sheet.rows(device)  # type: ignore[arg-type]
    assert ("Sign-in Status", "Sign-in needed again") in rows
    assert any(row[0] == "Reason" and "AADSTS50173" in row[1] for row in rows if isinstance(row, tuple))
    device.saved["method"] = "off"
    rows = sheet.rows(device)  # type: ignore[arg-type]
    assert ("Authentication Method", "Off") in rows
    assert not any(row[0] == "Sign-in Status" for row in rows if isinstance(row, tuple))


def test_both_networks_are_on_it() -> None:
    """R10."""
    device = Device((320, 240))
    device.board.network.interfaces.append(Interface("Wired LAN (additional)", False, "203.0.113.7"))
    lines = printed(device)
    assert lines.index("Standard Network") < lines.index("Additional Network")


def test_hostile_text_stays_text_within_the_columns() -> None:
    device = Device((320, 240))
    device.signed_in()
    device.accounts.device.address = HOSTILE
    device.saved["sender"] = "\x1b@\x1dV\x42\x00 漢字"
    data = b"".join(sheet.escpos(sheet.rows(device)))  # type: ignore[arg-type]
    assert data.count(b"\x1b@") == 1
    assert data.count(b"\x1dV") == 1
    lines = printed(device)
    assert all(len(line) <= 48 for line in lines)
    assert len(lines) < 60
    assert any("@VB ??" in line for line in lines)


def test_long_values_go_below_their_label() -> None:
    assert sheet._line(b"Port", b"587") == b"Port" + b" " * 20 + b"587\n"
    assert sheet._line(b"Sender", b"x" * 60) == b"Sender\n  " + b"x" * 46 + b"\n  " + b"x" * 14 + b"\n"
