"""What makes a board this one device: asked for, checked, written in one step, and never shown."""

from __future__ import annotations

import datetime
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from boards.provision import Answers, provision, read_file
from boards.repl import BoardError, FlashFull, Repl, sha256
from sim.image import ROOT
from tests.boards_tools.serial_board import SerialBoard

PATIENCE_S = 5.0
SECRETS = ("wi-fi-secret", "administrator-secret")
CLIENT_ID = "0a1b2c3d-0000-4000-8000-5e6f708192a3"
BEFORE = {"/device.json": b'{"ssid": "old"}'}
MakeBoard = Callable[..., SerialBoard]


def certificate(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=3650))
    return made.sign(key, hashes.SHA256()), key


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def der(each: x509.Certificate) -> bytes:
    return each.public_bytes(serialization.Encoding.DER)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A file with all answers, and the certificates it names beside it."""
    (tmp_path / "roots.pem").write_bytes(b"# two of them\n" + pem(certificate("Root A")[0], certificate("Root B")[0]))
    (tmp_path / "root.pem").write_bytes(pem(certificate("Root C")[0]))
    own, key = certificate("printer.bureau.example")
    (tmp_path / "own.pem").write_bytes(pem(own) + key_pem(key))
    file = tmp_path / "answers.toml"
    file.write_text(
        f'wifi_name = "biuras"\nwifi_password = "{SECRETS[0]}"\nwifi_country = "LT"\nclient_id = "{CLIENT_ID}"\n'
        f'tenant = "bureau.example"\nadministrator_password = "{SECRETS[1]}"\nlanguage = "lt"\n'
        'roots = ["roots.pem", "root.pem"]\ncertificate = "own.pem"\n'
    )
    file.chmod(0o600)
    return file


def give(board: SerialBoard, answers: Answers) -> list[str]:
    """What `make provision` does; the lines that it tells. Returns when the board has started again."""
    told: list[str] = []
    starts = board.starts.count("reset")
    with Repl(str(board.port), PATIENCE_S) as talk:
        provision(answers, talk, told.append)
    board.until(lambda: board.starts.count("reset") > starts)
    return told


def test_all_of_it_is_on_the_board(board: SerialBoard, answers: Path) -> None:
    told = give(board, read_file(answers))
    board.unplug()
    files = board.files()
    device = json.loads(files["/device.json"])
    own = device.pop("certificate")
    roots = device.pop("roots")
    assert device == {
        "ssid": "biuras",
        "wifi_password": SECRETS[0],
        "country": "LT",
        "client_id": CLIENT_ID,
        "tenant": "bureau.example",
        "label_password": SECRETS[1],
        "language": "lt",
    }
    assert roots.startswith("Provisioned 20")
    kept = [x509.load_der_x509_certificate(data) for path, data in files.items() if path.startswith("/roots/")]
    assert sorted(each.subject.rfc4514_string() for each in kept) == ["CN=Root A", "CN=Root B", "CN=Root C"]
    loaded = x509.load_der_x509_certificate(files[own + ".der"])
    key = serialization.load_der_private_key(files[own + ".key"], None)
    assert loaded.public_key() == key.public_key()
    assert len(files) == 1 + 3 + 2
    assert not any(secret in line for secret in SECRETS for line in told)


def test_what_is_not_answered_stays(make_board: MakeBoard) -> None:
    """What the device drew or was taught itself, too."""
    board = make_board()
    root = der(certificate("Root A")[0])
    before = {"label_password": "drawn-by-the-device", "touch": [1, 2, 3], "ssid": "old", "roots": "By hand"}
    board.put({"/device.json": json.dumps(before).encode(), "/roots/a.der": root})
    board.plug()
    give(board, Answers({"ssid": "new"}, None, None))
    board.unplug()
    assert json.loads(board.files()["/device.json"]) == {**before, "ssid": "new"}
    assert board.files()["/roots/a.der"] == root


def test_a_new_password_counts_although_somebody_had_chosen_one(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/data/admin": b"a hash", "/data/email": b"a sign-in"})
    board.plug()
    give(board, Answers({"ssid": "new"}, None, None))
    board.unplug()
    assert "/data/admin" in board.files()
    board.plug()
    give(board, Answers({"label_password": SECRETS[1]}, None, None))
    board.unplug()
    assert set(board.files()) == {"/device.json", "/data/email"}


def test_new_roots_take_the_place_of_the_old_ones(make_board: MakeBoard) -> None:
    board = make_board()
    old, both, new = (der(certificate(name)[0]) for name in ("old", "both", "new"))
    board.plug()
    give(board, Answers({}, [old, both], None))
    give(board, Answers({}, [both, new], None))
    board.unplug()
    kept = {path: data for path, data in board.files().items() if path.startswith("/roots/")}
    assert kept == {f"/roots/{sha256(data)[:8]}.der": data for data in (both, new)}


def test_a_device_file_that_is_damaged_is_made_anew(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/device.json": b'{"ssid": "o'})
    board.plug()
    give(board, Answers({"ssid": "new"}, None, None))
    board.unplug()
    assert json.loads(board.files()["/device.json"]) == {"ssid": "new"}


def test_wherever_the_power_goes_the_old_answers_or_the_new_are_whole(make_board: MakeBoard) -> None:
    """And no root certificate is there by halves: one would make every TLS connection fail."""
    old, new = (der(certificate(name)[0]) for name in ("old", "new"))
    board = make_board(blocks=32)
    board.plug()
    give(board, Answers({"ssid": "old", "wifi_password": SECRETS[0]}, [old], None))
    board.unplug()
    picture = board.picture()
    seen = set()
    operation = 0
    while True:
        board.set_picture(picture)
        board.cut_at = operation
        board.plug()
        try:
            with Repl(str(board.port), PATIENCE_S) as talk:
                provision(Answers({"ssid": "new"}, [new], None), talk, lambda _: None)
        except BoardError:
            pass
        else:
            break
        board.until(lambda: not board.powered)
        files = board.files()
        device = json.loads(files["/device.json"])
        roots = {data for path, data in files.items() if path.startswith("/roots/") and path.endswith(".der")}
        assert device["wifi_password"] == SECRETS[0] and roots in ({old}, {old, new}, {new})
        assert device["ssid"] == "old" or new in roots
        seen.add((device["ssid"], len(roots)))
        operation += 1
    assert {("old", 1), ("old", 2), ("new", 2)} <= seen


# --- what can be wrong with the board, and what can happen in between ---


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"version": [1, 20, 0]}, r"runs MicroPython 1\.20\.0, and Scanpost needs 1\.26 or newer"),
        ({"version": [1, 30, 0], "mpy": 7}, r"MicroPython 1\.30\.0 reads \.mpy files of version 7"),
        ({"machine": "PYBv1.1 with STM32F405RG", "platform": "pyboard"}, "It is a PYBv1.1 .* no firmware for that"),
    ],
)
def test_a_board_of_another_kind_or_version_is_left_alone(
    make_board: MakeBoard, about: dict[str, object], words: str
) -> None:
    board = make_board(**about)
    board.put(BEFORE)
    board.plug()
    with pytest.raises(BoardError, match=words):
        give(board, Answers({"ssid": "new"}, None, None))
    board.unplug()
    assert board.files() == BEFORE


def test_a_board_that_does_not_answer(make_board: MakeBoard) -> None:
    board = make_board()
    board.deaf = True
    board.plug()
    with pytest.raises(BoardError, match=r"does not answer.*Unplug it"), Repl(str(board.port), 0.3):
        pass


def test_unplugged_in_the_middle_it_has_the_old_answers_and_is_asked_once_more(make_board: MakeBoard) -> None:
    root = der(certificate("new")[0])
    whole = make_board()
    whole.put(BEFORE)
    whole.plug()
    give(whole, Answers({"ssid": "new"}, [root], None))
    board = make_board()
    board.put(BEFORE)
    board.plug()
    board.unplug_at = whole.received - 600  # when the certificate has been sent, and the answers have begun
    with pytest.raises(BoardError, match="went away"):
        give(board, Answers({"ssid": "new"}, [root], None))
    assert board.files()["/device.json"] == BEFORE["/device.json"]
    board.plug()
    give(board, Answers({"ssid": "new"}, [root], None))
    board.unplug()
    files = board.files()
    assert json.loads(files.pop("/device.json")) == {"ssid": "new", "roots": json.loads(whole_device(whole))["roots"]}
    assert list(files.values()) == [root]


def whole_device(board: SerialBoard) -> bytes:
    board.unplug()
    return board.files()["/device.json"]


def test_a_board_whose_flash_is_full_keeps_what_it_had(make_board: MakeBoard) -> None:
    board = make_board(blocks=32)
    full = {**BEFORE, "/data/history": bytes(32 * 4096 - 6 * 4096)}
    board.put(full)
    board.plug()
    several = [der(certificate(f"Root {n}")[0]) for n in range(8)]
    with pytest.raises(FlashFull, match="flash is full, and it has what it had"):
        give(board, Answers({"ssid": "new"}, several, None))
    board.unplug()
    assert board.files() == full


# --- answers that are none ---


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('wifi_name = ""', "wifi_name is not what it should be"),
        ('wifi_password = "short"', "wifi_password is not what it should be"),
        ('wifi_country = "lt"', "wifi_country is not"),
        ('client_id = "42"', "client_id is not"),
        ('tenant = "a b"', "tenant is not"),
        ('administrator_password = "1234567"', "administrator_password is not"),
        ("administrator_password = 12345678", "administrator_password is not"),
        ('language = "de"', "language is not"),
        ('password = "what-a-secret"', "there is no password; there are wifi_name"),
        ('roots = "roots.pem"', "roots is a list"),
        ('roots = ["gone.pem"]', "gone.pem: No such file"),
        ('roots = ["answers.toml"]', "has no certificate in PEM"),
        ('certificate = "root.pem"', "has no private key in PEM"),
        ('certificate = "strange.pem"', "the key is not the certificate's"),
        ("wifi_name = office", "is not TOML"),
    ],
)
def test_answers_that_make_no_sense_are_refused_before_the_board_is_touched(
    answers: Path, line: str, words: str
) -> None:
    strange = pem(certificate("a")[0]) + key_pem(certificate("b")[1])
    (answers.parent / "strange.pem").write_bytes(strange)
    field = line.split(" ")[0]
    kept = [each for each in answers.read_text().splitlines() if not each.startswith(field)]
    answers.write_text("\n".join([*kept, line, ""]))
    with pytest.raises(BoardError, match=words) as caught:
        read_file(answers)
    assert not any(secret in str(caught.value) for secret in (*SECRETS, "short", "1234567", "what-a-secret"))


def test_too_many_roots_are_refused(answers: Path) -> None:
    (answers.parent / "roots.pem").write_bytes(pem(*(certificate(f"Root {n}")[0] for n in range(9))))
    with pytest.raises(BoardError, match="4 KB of the board's memory"):
        read_file(answers)


def test_a_file_of_answers_that_others_may_read_is_refused(answers: Path) -> None:
    answers.chmod(0o640)
    with pytest.raises(BoardError, match=r"Others may read .*chmod 600"):
        read_file(answers)


# --- at the terminal ---


def command_line(board: SerialBoard, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "boards", "provision", str(board.port), *arguments]


def test_from_a_file_on_the_command_line(board: SerialBoard, answers: Path) -> None:
    run = subprocess.run(
        command_line(board, "--from", str(answers)), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Set: wifi_name, wifi_password, wifi_country" in run.stdout and "Root certificates: 3" in run.stdout
    assert not any(secret in run.stdout + run.stderr for secret in SECRETS)
    board.unplug()
    assert json.loads(board.files()["/device.json"])["ssid"] == "biuras"


def test_nobody_to_ask(board: SerialBoard) -> None:
    run = subprocess.run(
        command_line(board), cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1 and "--from" in run.stderr


def test_asked_at_the_terminal(board: SerialBoard, answers: Path) -> None:
    """Nothing of a password is echoed, and what cannot be one is asked for again."""
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        command_line(board), cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as run:
        os.close(theirs)
        seen = ""
        for question, words in (
            ("Name of the Wi-Fi network:", "biuras"),
            ("Password of the Wi-Fi network:", SECRETS[0]),
            ("Once more, to be sure:", "something-else"),
            ("Password of the Wi-Fi network:", SECRETS[0]),
            ("Once more, to be sure:", SECRETS[0]),
            ("Country", "Lithuania"),
            ("Country", "LT"),
            ("Client ID", ""),
            ("Tenant", "organizations"),
            ("Administrator password", "short"),
            ("Administrator password", SECRETS[1]),
            ("Once more, to be sure:", SECRETS[1]),
            ("Language", "lt"),
            ("HTTPS", ""),
            ("Root certificates", str(answers.parent / "root.pem")),
            ("Certificate of the device", ""),
        ):
            asked = len(seen)
            while question not in seen[asked:]:
                seen += os.read(terminal, 4096).decode()
            os.write(terminal, words.encode() + b"\n")
        try:
            while data := os.read(terminal, 4096):
                seen += data.decode()
        except OSError:  # the other end is gone
            pass
        assert run.wait() == 0, seen
    os.close(terminal)
    assert not any(secret in seen for secret in (*SECRETS, "something-else", "short"))
    assert "That was another one" in seen and seen.count("It does not look like one") == 2
    board.unplug()
    device = json.loads(board.files()["/device.json"])
    assert (device["ssid"], device["wifi_password"], device["label_password"]) == ("biuras", *SECRETS)
    assert "client_id" not in device
