"""Gives a board what makes it this one device: its network, who it belongs to, whom it trusts. Start at `provision`.

What is answered goes into `/device.json` (`hal/device_file.py` says which fields there are), what is left out stays as it is
there. Certificates go to the board in DER, since MicroPython reads no PEM, each in a file named by its content: first the
new ones, then `/device.json` in one rename, then those that are no longer wanted go. Whenever the power goes, the device has
the old answers or the new ones. No secret is ever printed, nor taken from the command line.
"""

from __future__ import annotations

import datetime
import getpass
import json
import re
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from boards.repl import BoardError, FlashFull, Repl, sha256

_DEVICE = "/device.json"
_PASSWORD = "label_password"  # noqa: S105 - a field's name
_CHOSEN_PASSWORD = "/data/admin"  # noqa: S105 - the device's record of one that somebody chose, which goes before that one
_ROOTS = "/roots/"
_OWN = "/certificate-"  # the device's own, and its key
_MOST_ROOTS = 8
_MOST_DER = 4096  # bytes of a certificate
_LANGUAGES = ("en", "lt")
_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class Question(NamedTuple):
    """`field`: in a file of answers. `on_board`: in `/device.json`. `pattern`: what an answer has to be like."""

    field: str
    on_board: str
    words: str
    pattern: str
    secret: bool = False


QUESTIONS = (
    Question("wifi_name", "ssid", "Name of the Wi-Fi network", r".{1,32}"),  # IEEE 802.11: 32 octets
    Question("wifi_password", "wifi_password", "Password of the Wi-Fi network", r"[ -~]{8,63}|[0-9a-fA-F]{64}", True),
    Question("wifi_country", "country", "Country, two letters (which channels are allowed)", r"[A-Z]{2}"),
    Question("client_id", "client_id", "Client ID of the application (a public client)", _GUID),
    Question("tenant", "tenant", "Tenant: its ID or domain, or organizations", r"[0-9a-zA-Z][0-9a-zA-Z.-]{0,252}"),
    Question("administrator_password", _PASSWORD, "Administrator password, 8 characters or more", r".{8,64}", True),
    Question("language", "language", "Language of the panel (en, lt)", "|".join(_LANGUAGES)),
    Question("https", "https", "HTTPS for Web Config from the start (on, off)", "on|off"),
)
_ROOTS_FIELD, _OWN_FIELD = "roots", "certificate"


class Answers(NamedTuple):
    """`fields`: of `/device.json`. `roots`: DER, None to leave those that are there. `own`: certificate and key, DER."""

    fields: dict[str, str]
    roots: list[bytes] | None
    own: tuple[bytes, bytes] | None


def ask() -> Answers:
    """Ask at the terminal; an empty answer leaves what the board has. Raises BoardError when nobody can be asked."""
    if not sys.stdin.isatty():  # getpass would read, and show, whatever comes
        raise BoardError("There is nobody to answer: give the answers in a file, with --from.")
    fields = {}
    print("An empty answer leaves what the board has.")
    for question in QUESTIONS:
        while answer := (getpass.getpass if question.secret else input)(f"{question.words}: "):
            if not re.fullmatch(question.pattern, answer):
                print("It does not look like one. Once more:")
            elif question.secret and getpass.getpass("Once more, to be sure: ") != answer:
                print("That was another one. From the beginning:")
            else:
                fields[question.on_board] = answer
                break
    roots = input("Root certificates to trust (PEM files, separated by spaces): ").split()
    own = input("Certificate of the device, with its key (a PEM file): ").strip()
    return Answers(fields, _roots([Path(path) for path in roots]) if roots else None, _own(Path(own)) if own else None)


def read_file(path: Path) -> Answers:
    """The answers in a TOML file, fields as in `QUESTIONS`, besides `roots` (a list of PEM files) and `certificate` (one).

    Raises BoardError, whose text has no value of the file in it.
    """
    try:
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BoardError(f"Others may read {path}, and it holds passwords: chmod 600 {path}")
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise BoardError(f"{path} is not TOML: lines like wifi_name = 'office'") from None
    known = {question.field: question for question in QUESTIONS}
    fields = {}
    for field, value in given.items():
        if field in known:
            if not isinstance(value, str) or not re.fullmatch(known[field].pattern, value):
                raise BoardError(f"{path}: {field} is not what it should be ({known[field].words})")
            fields[known[field].on_board] = value
        elif field not in (_ROOTS_FIELD, _OWN_FIELD):
            raise BoardError(f"{path}: there is no {field}; there are {', '.join(known)}, {_ROOTS_FIELD}, {_OWN_FIELD}")
    roots, own = given.get(_ROOTS_FIELD), given.get(_OWN_FIELD)
    if not isinstance(roots, list | None) or not all(isinstance(name, str) for name in roots or ()):
        raise BoardError(f"{path}: {_ROOTS_FIELD} is a list of file names")
    if not isinstance(own, str | None):
        raise BoardError(f"{path}: {_OWN_FIELD} is a file name")
    return Answers(
        fields,
        None if roots is None else _roots([path.parent / name for name in roots]),
        None if own is None else _own(path.parent / own),
    )


def provision(answers: Answers, repl: Repl, tell: Callable[[str], None]) -> None:
    """Write them to the board at the other end of `repl`. `tell` is given lines without secrets. Raises BoardError."""
    repl.prepare()
    device = _device(repl)
    device.update(answers.fields)
    listed = repl.files(_ROOTS.rstrip("/"))
    wanted = {}
    if answers.roots is not None:
        wanted = {f"{_ROOTS}{sha256(der)[:8]}.der": der for der in answers.roots}
        device["roots"] = f"Provisioned {datetime.date.today().isoformat()}"  # as it is called on the status sheet
    if answers.own is not None:
        name = f"{_OWN}{sha256(b''.join(answers.own))[:8]}"
        wanted[name + ".der"], wanted[name + ".key"] = answers.own
        device["certificate"] = name
    lacking = [path for path, der in wanted.items() if repl.file(path) != (len(der), sha256(der))]
    try:
        for path in lacking:
            repl.send(path, wanted[path])
        repl.send(_DEVICE, json.dumps(device).encode())
    except FlashFull:  # the device needs what room there is
        for path in (*lacking, *(path + ".part" for path in (*lacking, _DEVICE))):
            repl.remove(path)
        raise FlashFull("The board's flash is full, and it has what it had: remove what else is on it.") from None
    left = [path for path in listed if answers.roots is not None and path not in wanted]
    if answers.own is not None:
        left += [path for path in repl.files("/", deep=False) if path.startswith(_OWN) and path not in wanted]
    if _PASSWORD in answers.fields:
        left.append(_CHOSEN_PASSWORD)
    for path in left:
        repl.remove(path)
    words = {question.on_board: question.field for question in QUESTIONS}
    tell(f"Set: {', '.join(words[field] for field in answers.fields) or 'nothing'}.")
    if answers.roots is not None:
        tell(f"Root certificates: {len(answers.roots)}, those of before are gone.")
    if answers.own is not None:
        tell("The device's own certificate, with its key.")


def _device(repl: Repl) -> dict[str, Any]:
    """What `/device.json` has: it also keeps what the device wrote there itself."""
    text = repl.read(_DEVICE)
    try:
        device = json.loads(text) if text else {}
    except ValueError:
        device = {}
    return device if isinstance(device, dict) else {}


def _roots(paths: list[Path]) -> list[bytes]:
    certificates = [certificate for path in paths for certificate in _certificates(path)]
    ders = [certificate.public_bytes(serialization.Encoding.DER) for certificate in certificates]
    if len(ders) > _MOST_ROOTS or any(len(der) > _MOST_DER for der in ders):
        raise BoardError(
            f"Each root certificate takes about 4 KB of the board's memory while it talks: at most {_MOST_ROOTS}, "
            f"each of at most {_MOST_DER} bytes."
        )
    return ders


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise BoardError(f"{path} has no certificate in PEM.") from None


def _own(path: Path) -> tuple[bytes, bytes]:
    certificate = _certificates(path)[0]
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BoardError(f"{path} has no private key in PEM, or one that is encrypted.") from None
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(encoding, form) != certificate.public_key().public_bytes(encoding, form):
        raise BoardError(f"{path}: the key is not the certificate's.")
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(encoding), secret
