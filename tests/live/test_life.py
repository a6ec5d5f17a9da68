"""How a simulator ends, what outlives it, and what it says when it cannot begin: processes of `python -m sim run`."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.image import ROOT
from sim.person import ONA, PRINTER
from tests.live.started import Started, children, said

pytestmark = pytest.mark.live

_DAY_S = 86400


def gone(pid: int, within_s: float = 3.0) -> bool:
    """Whether the process ends in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within_s)[0])
    finally:
        os.close(handle)


def sentence(result: tuple[int, str, str]) -> str:
    """What a command that failed complained about: one sentence, no traceback."""
    code, _, complaint = result
    assert code == 1, result
    assert complaint.startswith("scanpost: ") and "Traceback" not in complaint, complaint
    return complaint


# --- how it ends ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_ends_with_all_its_processes(number: int, tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        firmware = run.firmware()
        watching = subprocess.Popen(["curl", "-sN", run.ready["page"] + "api/trace?follow=1"], stdout=subprocess.PIPE)
        assert watching.stdout is not None and watching.stdout.readline()
        assert run.end(number, within_s=3) == 0
        assert gone(firmware, 0) and run.complaint == ""
        watching.communicate(timeout=3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_while_it_starts(number: int, tmp_path: Path) -> None:
    """As soon as the firmware's process is there, which is before anything answers."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "sim", "run", "--headless", "--port", "0", "--state", str(tmp_path / "state")]
    process = subprocess.Popen([*command, "--ready-file", str(ready)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while not (started := children(process.pid)):
        assert process.poll() is None
    process.send_signal(number)
    _, complaint = process.communicate(timeout=3)
    assert (process.returncode, complaint) == (0, "")
    assert all(gone(pid, 0) for pid in started)


def test_a_killed_simulator_leaves_no_firmware(tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        firmware = run.firmware()
        run.process.kill()
        run.process.communicate()
        assert gone(firmware)
    with Started.run(tmp_path):
        pass  # and its lock on the state is gone with it


def test_killed_firmware_is_noticed_and_comes_back_with_its_sign_in(tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        run.sign_in()
        os.kill(run.firmware(), signal.SIGKILL)
        state = run.until(lambda state: state["power"] == "off")
        assert state["panel"]["words"] == []
        assert "The firmware's process ended with code -9" in run.logs()
        run.call("POST", "/api/power", {"state": "off"})
        run.call("POST", "/api/power", {"state": "on"})
        assert run.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        assert run.scan(ONA)["status"] == "sent"
        run.end()
        assert run.complaint == "The firmware's process ended with code -9: the printer is off\n"


def test_a_mail_that_was_cut_off_is_sent_once_after_the_restart(tmp_path: Path) -> None:
    """Killed while the message is on its way; the glass is the simulator's, and stays as it is."""
    with Started.run(tmp_path) as run:
        run.sign_in()
        body = bytes(range(256)) * 16384
        run.begin_scan(ONA, name="big.pdf", body=body)
        run.until(lambda state: state["jobs"][0]["status"] == "sending")
        os.kill(run.firmware(), signal.SIGKILL)
        run.until(lambda state: state["power"] == "off")
        before = {mail["message_id"] for mail in run.mails(ONA)}
        run.call("POST", "/api/power", {"state": "on"})
        run.until(lambda state: state["jobs"] and state["jobs"][0]["status"] == "sent", 60)
        mails = run.mails(ONA)
        assert len({mail["message_id"] for mail in mails} | before) == 1
        assert len(mails) - len(before) == 1


# --- what stays ---


def test_state_stays(tmp_path: Path) -> None:
    """Sign-in, mailbox, history, clock, password on the label: all there after a stop."""
    with Started.run(tmp_path) as run:
        run.sign_in()
        assert run.scan(ONA)["status"] == "sent"
        run.call("PATCH", f"/api/users/{ONA}", {"enabled": False})
        run.call("POST", "/api/clock", {"advance_s": 3 * _DAY_S})
        first, then, mails = run.ready, run.state(), run.mails(ONA)
    with Started.run(tmp_path) as run:
        now = run.state()
        assert now["accounts"]["device"]["state"] == "SIGNED_IN"
        assert now["accounts"]["device"]["address"] == PRINTER
        assert [job["id"] for job in now["jobs"]] == [job["id"] for job in then["jobs"]]
        assert run.mails(ONA) == mails and len(mails) == 1
        assert now["clock"]["offset_s"] == then["clock"]["offset_s"] >= 3 * _DAY_S
        assert now["clock"]["now_s"] >= then["clock"]["now_s"]
        for name in ("admin_password", "accounts"):
            assert run.ready[name] == first[name], name
        assert not {user["address"]: user["enabled"] for user in run.call("GET", "/api/users")}[ONA]
        run.call("PATCH", f"/api/users/{ONA}", {"enabled": True})
        assert run.scan(ONA)["status"] == "sent"


def test_what_is_kept_is_for_its_owner_alone(kept: Path) -> None:
    """Passwords, tokens and mails: each in a file or below a folder that nobody else may open."""
    for path in [kept.parent / "ready.json", *kept.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_fresh_begins_anew(tmp_path: Path) -> None:
    """Also in the folder below XDG_STATE_HOME, which is where it is kept when nothing is said."""
    home = {"XDG_STATE_HOME": str(tmp_path)}
    arguments = ("run", "--headless", "--port", 0)
    with Started(tmp_path, *arguments, environment=home) as run:
        run.sign_in()
        first = run.ready
    assert (tmp_path / "scanpost" / "clock.json").exists()
    with Started(tmp_path, *arguments, "--fresh", environment=home) as run:
        assert run.state()["accounts"]["device"]["state"] == "SIGNED_OUT"
        assert run.ready["admin_password"] != first["admin_password"]
        code, _, complaint = said(*arguments, "--fresh", environment=home)
        assert code == 1 and "Another simulator" in complaint
        assert run.scan(ONA)["code"] == 360, "the other one must not have taken its state away"


def test_two_simulators_on_one_folder(tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        told = sentence(said("run", "--headless", "--port", 0, "--state", tmp_path / "state"))
        assert f"Another simulator runs on {tmp_path / 'state'}" in told and "--state" in told
        assert run.state()["power"] == "on"


# --- what is damaged ---


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(data)


def nonsense(path: Path) -> None:
    path.write_bytes(b'{"offset_s": "soon"}')


@pytest.mark.parametrize("damage", [cut, flip, nonsense])
@pytest.mark.parametrize(
    "name", ["clock.json", "device.json", "cloud/cloud.json", "cloud/ca-key.pem", "cloud/token-key.pem", "cloud/ca.pem"]
)
def test_damaged_state_is_said(name: str, damage: Callable[[Path], None], kept: Path, tmp_path: Path) -> None:
    """Which file, and what to do about it."""
    state = tmp_path / "state"
    subprocess.run(["cp", "-r", kept, state], check=True)
    damage(state / name)
    told = sentence(said("run", "--headless", "--port", 0, "--state", state))
    assert Path(name).name.split(".")[0] in told and "--fresh" in told, told


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder as a run left it."""
    folder = tmp_path_factory.mktemp("kept")
    with Started.run(folder) as run:
        run.sign_in()
        assert run.scan(ONA)["status"] == "sent"
    return folder / "state"


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_record_on_flash_is_left_out_and_said(
    damage: Callable[[Path], None], kept: Path, tmp_path: Path
) -> None:
    subprocess.run(["cp", "-r", kept, tmp_path / "state"], check=True)
    damage(tmp_path / "state" / "flash" / "email")
    with Started.run(tmp_path) as run:
        assert run.state()["accounts"]["device"]["state"] == "SIGNED_OUT"
        assert any("email is damaged and was left out" in line for line in run.logs())
        assert run.state()["jobs"][0]["status"] == "sent", "the history is another record"


def test_a_damaged_line_of_the_history_is_left_out(kept: Path, tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", kept, tmp_path / "state"], check=True)
    flip(tmp_path / "state" / "flash" / "jobs")
    with Started.run(tmp_path) as run:
        assert run.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        assert run.scan(ONA)["status"] == "sent"


def test_a_cut_off_index_of_the_mailboxes(kept: Path, tmp_path: Path) -> None:
    """As a power cut leaves it: that row is gone, what follows is kept."""
    subprocess.run(["cp", "-r", kept, tmp_path / "state"], check=True)
    cut(tmp_path / "state" / "cloud" / "mail" / "index.jsonl")
    with Started.run(tmp_path) as run:
        assert run.mails(ONA) == []
        assert run.scan(ONA)["status"] == "sent" and len(run.mails(ONA)) == 1


def test_a_flipped_index_of_the_mailboxes(kept: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    subprocess.run(["cp", "-r", kept, state], check=True)
    (state / "cloud" / "mail" / "index.jsonl").write_bytes(b'{"message": 0, "siz\n')
    told = sentence(said("run", "--headless", "--port", 0, "--state", state))
    assert "index.jsonl" in told and "--fresh" in told


# --- where nothing can be written ---


def test_a_state_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/scanpost")):
        told = sentence(said("run", "--headless", "--port", 0, "--state", folder))
        assert str(folder) in told, told


def test_a_full_disk_at_the_start(tmp_path: Path) -> None:
    """No file may grow: what a full disk does, but for the number of the error."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    command = [sys.executable, "-m", "sim", "run", "--headless", "--port", "0", "--state", str(tmp_path / "state")]
    result = subprocess.run(
        command, cwd=ROOT, preexec_fn=no_room, capture_output=True, text=True, timeout=30, check=False
    )
    told = sentence((result.returncode, result.stdout, result.stderr))
    assert "File too large" in told and str(tmp_path / "state") in told


def test_a_disk_that_is_full_later_is_said_and_the_printer_lives_on(tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        before = run.call("GET", "/api/tenant")
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        answer = run.ask("PATCH", "/api/tenant", {"security_defaults": True})
        assert answer.status == 507 and "File too large" in json.loads(answer.body)["error"]
        assert run.ask("POST", "/api/clock", {"advance_s": 60}).status == 507
        assert run.call("GET", "/api/tenant") == before
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert run.call("PATCH", "/api/tenant", {"security_defaults": True})["security_defaults"]
        assert run.end() == 0 and run.complaint == ""
