"""What can be said on the command line, and what is answered to that which makes no sense."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest
from PIL import Image

from sim.image import IMAGE
from sim.live import find_micropython
from sim.person import ONA
from tests.live.started import Started, said

pytestmark = pytest.mark.live


def test_outside_needs_the_token(tmp_path: Path) -> None:
    """The page of a printer that may hold a real sign-in answers only to who was told the token."""
    with Started.run(tmp_path, "--outside") as run:
        assert run.state()["power"] == "on"
        token = run.ready.pop("token")
        for path in ("/", "/api/state", "/api/panel.png", "/api", "/app.js"):
            answer = run.ask("GET", path)
            assert answer.status == 401 and b"SIGNED_OUT" not in answer.body, path
        welcome = run.ask("GET", f"/?token={token}")
        assert welcome.status == 303 and welcome.headers["location"] == "/"
        cookie = welcome.headers["set-cookie"].partition(";")[0]
        assert run.ask("GET", "/", headers={"Cookie": cookie}).status == 200
        assert run.ask("GET", f"/?token={token[1:]}{token[0]}").status == 401
        run.ready["token"] = token


def test_without_outside_there_is_no_token(tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        assert "token" not in run.ready and run.ask("GET", "/").status == 200


def test_sv06_the_ready_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds the accounts' passwords, and with --outside the token; who may write the folder is not asked."""
    before = os.umask(0)
    try:
        with Started.run(tmp_path) as run:
            assert "accounts" in run.ready
            assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_small_panel_has_keys_alone(tmp_path: Path) -> None:
    """The whole way on 128 x 64 pixels: `tap` moves the focus there."""
    with Started.run(tmp_path, "--panel", "128x64") as run:
        run.sign_in()
        assert run.state()["panel"]["size"] == [128, 64]
        assert Image.open(io.BytesIO(run.ask("GET", "/api/panel.png").body)).size == (128, 64)
        answer = run.ask("POST", "/api/touch", {"x": 1, "y": 1})
        assert answer.status == 409 and "keys" in answer.json["error"]
        assert run.scan(ONA)["status"] == "sent"


def test_lithuanian(tmp_path: Path) -> None:
    with Started.run(tmp_path, "--language", "lt") as run:
        panel = run.state()["panel"]
        assert panel["language"] == "lt" and "Nuostatos" in panel["words"], panel
        run.sign_in()
        assert run.scan(ONA)["status"] == "sent"


def test_cpython_runs_the_same_firmware(tmp_path: Path) -> None:
    with Started.run(tmp_path, "--interpreter", "cpython") as run:
        run.sign_in()
        assert run.scan(ONA)["status"] == "sent"


@pytest.mark.skipif(not find_micropython(), reason="There is no MicroPython here")
def test_a_heap_too_small_is_said(tmp_path: Path) -> None:
    """The device's own words, and no firmware left that tries."""
    code, _, complaint = said(
        "run", "--headless", "--port", 0, "--state", tmp_path, "--interpreter", "micropython", "--heap-kb", 64
    )
    assert code == 1 and complaint.startswith("scanpost: The device did not start."), complaint
    assert "Memory" in complaint or "memory" in complaint


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, complaint = said("run", "--headless", "--port", port, "--state", tmp_path)
        assert code == 1 and complaint.startswith("scanpost: ") and "in use" in complaint, complaint
        assert "Traceback" not in complaint


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("run", "--port", "65536"),
        ("run", "--port", "-1"),
        ("run", "--port", "http"),
        ("run", "--panel", "640x480"),
        ("run", "--language", "de"),
        ("run", "--interpreter", "jython"),
        ("run", "--heap-kb", "0"),
        ("run", "--heap-kb", "-5"),
        ("run", "--heap-kb", "much"),
        ("run", "--heap-kb", "9" * 30),
        ("run", "--fresh", "--state", "somewhere"),
        ("run", "somewhere"),
        ("cloud", "--smtp-port", "x"),
        ("cloud", "--headless"),
    ],
)
def test_wrong_arguments_are_2_and_a_sentence(arguments: tuple[str, ...]) -> None:
    code, out, complaint = said(*arguments)
    assert (code, out) == (2, "") and "error: " in complaint and "Traceback" not in complaint, complaint


def test_help_names_the_commands_and_their_options() -> None:
    for arguments, words in (
        (("--help",), ("run", "cloud", "scenario")),
        (("run", "--help"), ("--headless", "--state", "--fresh", "--ready-file", "--outside", "--heap-kb")),
        (("run", "--help"), ("--printer-port", "--printer-baud", "--printer-paper")),
        (("cloud", "--help"), ("--port", "--smtp-port", "--config", "--ready-file")),
    ):
        code, out, complaint = said(*arguments)
        assert (code, complaint) == (0, "")
        assert all(word in out for word in words), out


def test_run_says_where_it_is(tmp_path: Path) -> None:
    """Without --headless: the page's address and the folder, for a person."""
    with Started(tmp_path, "run", "--port", 0, "--state", tmp_path / "state") as run:
        assert run.process.stdout is not None
        told = run.process.stdout.readline() + run.process.stdout.readline()
        assert run.ready["page"] in told and str(tmp_path / "state") in told


@pytest.mark.parametrize(
    ("named", "told"), [("/nowhere/micropython", "/nowhere/micropython"), (str(IMAGE), str(IMAGE))]
)
def test_an_interpreter_that_cannot_be_started(named: str, told: str, tmp_path: Path) -> None:
    code, _, complaint = said("run", "--headless", "--port", 0, "--state", tmp_path, environment={"MICROPYTHON": named})
    assert code == 1 and complaint.startswith("scanpost: ") and "Traceback" not in complaint, complaint
    assert told in complaint


def test_without_micropython_cpython_runs_the_firmware_and_that_is_said(tmp_path: Path) -> None:
    """As where no wheel exists: neither the variable, nor the folder that `make` fills, nor a command of that name."""
    elsewhere = (
        f"import sys; sys.prefix = {str(tmp_path)!r}; from sim.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    nothing = {"MICROPYTHON": "", "PATH": str(tmp_path)}
    arguments = ("run", "--headless", "--port", 0, "--state", tmp_path / "state")
    with Started(tmp_path, *arguments, command=("-c", elsewhere), environment=nothing) as run:
        run.sign_in()
        assert run.scan(ONA)["status"] == "sent"
        assert run.end() == 0
        assert "no MicroPython" in run.complaint and "CPython runs the firmware" in run.complaint
    code, _, complaint = said(
        *arguments, "--interpreter", "micropython", command=("-c", elsewhere), environment=nothing
    )
    assert code == 1 and "There is no MicroPython" in complaint and "MICROPYTHON=" in complaint
