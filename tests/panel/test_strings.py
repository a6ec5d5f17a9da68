"""The words: both languages have the same keys, in order, and everything that the firmware asks for is there."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.jobs.codes import code_for, detail_of, kinds
from firmware.panel import strings
from firmware.panel.strings_en import TABLE as ENGLISH
from firmware.panel.strings_lt import TABLE as LITHUANIAN
from sim.pack_words import pack

FIRMWARE = Path(__file__).parent.parent.parent / "firmware"
LABELS = [  # manual.md, "Labels"
    ("settings.title", "Settings", "Nuostatos"),
    ("settings.general", "General Settings", "Bendrosios nuostatos"),
    ("settings.network", "Network Settings", "Tinklo nuostatos"),
    ("settings.network_status", "Network Status", "Tinklo būsena"),
    ("settings.wired_status", "Wired LAN/Wi-Fi Status", "Laidinio LAN / „Wi-Fi“ būsena"),
    ("settings.email_status", "Email Server Status", "El. pašto serverio būsena"),
    ("settings.print_sheet", "Print Status Sheet", "Spausdinti būsenos lapą"),
    ("job.all", "Job Status", "Užduoties būsena"),
    ("job.kind.my-email", "Scan to My Email", "Į mano el. paštą"),
    ("state.SIGNED_IN", "Signed in", "Prisijungta"),
    ("state.SIGNED_OUT", "Not signed in", "Neprisijungta"),
    ("state.EXPIRED", "Sign-in expired", "Prisijungimo galiojimas baigėsi"),
    (
        "message.not_signed_in",
        "To use this function, you need to sign in to your email service. Contact your administrator.",
        "Norėdami naudotis šia funkcija, turite prisijungti prie savo el. pašto paslaugos. "
        "Kreipkitės į savo administratorių.",
    ),
    (
        "code.360",
        "Not signed in to the cloud service or email service.",
        "nėra ryšio su debesijos paslauga arba el. pašto paslauga.",
    ),
    (
        "code.361",
        "The sign-in to the cloud service or email service has expired.",
        "prisijungimas prie debesijos paslaugos arba el. pašto paslaugos baigėsi.",
    ),
    (
        "code.370",
        "You need to sign in to the cloud service again.",
        "reikia dar kartą prisijungti prie debesijos paslaugos.",
    ),
    (
        "solution.360",
        "Sign in to the cloud service or email service.",
        "Prisijunkite prie debesijos paslaugos arba el. pašto paslaugos.",
    ),
]


def keys(table: str) -> list[str]:
    lines = table.strip("\n").split("\n")
    assert all(" = " in line and line.strip() == line for line in lines)
    return [line.split(" = ")[0] for line in lines]


@pytest.mark.parametrize("table", [ENGLISH, LITHUANIAN])
def test_keys_are_sorted_and_unique(table: str) -> None:
    assert keys(table) == sorted(set(keys(table)))


def test_both_languages_have_the_same_keys() -> None:
    assert keys(ENGLISH) == keys(LITHUANIAN)


def test_both_languages_have_the_same_places_to_fill_in() -> None:
    for key in keys(ENGLISH):
        assert strings.text(key, "en").count("{}") == strings.text(key, "lt").count("{}"), key


@pytest.mark.parametrize(("key", "english", "lithuanian"), LABELS, ids=[label[0] for label in LABELS])
def test_labels_are_the_manuals(key: str, english: str, lithuanian: str) -> None:
    """R11 to R20."""
    assert strings.text(key, "en") == english
    assert strings.text(key, "lt") == lithuanian


def test_every_code_and_detail_has_words() -> None:
    """R17 to R20."""
    for code in {code_for(kind) for kind in kinds()}:
        assert strings.has(f"code.{code:03d}") and strings.has(f"solution.{code:03d}"), code
    for key in map(detail_of, kinds()):
        assert key == "" or strings.has(key), key


def test_every_key_that_the_firmware_names_has_words() -> None:
    groups = "|".join(sorted({key.partition(".")[0] for key in keys(ENGLISH)}))
    missing = set()
    for path in FIRMWARE.rglob("*.py"):
        for key in re.findall(rf'"((?:{groups})\.[a-z0-9_.]*[a-z0-9_])"', path.read_text("utf-8")):
            if not strings.has(key) and not any(known.startswith(key + ".") for known in keys(ENGLISH)):
                missing.add(f"{path.name}: {key}")
    assert not missing


@pytest.mark.parametrize(("language", "table"), [("en", ENGLISH), ("lt", LITHUANIAN)])
def test_what_is_packed_is_unpacked_as_it_was(language: str, table: str) -> None:
    lines = [line.split(" = ", 1) for line in table.strip("\n").split("\n")]
    assert [(key, strings.text(key, language)) for key, _ in lines] == [(key, words) for key, words in lines]


@given(st.lists(st.text("ab čž{}“", max_size=60), min_size=1, max_size=12))
def test_any_texts_can_be_packed(texts: list[str]) -> None:
    class Table:
        pass

    table = Table()
    table.__dict__.update(pack(texts))
    assert [strings._unpacked(table, number) for number in range(len(texts))] == texts


def test_a_missing_word_is_its_key_and_not_a_crash() -> None:
    assert strings.text("no.such_key", "lt") == "no.such_key"
    assert strings.text("code.360\ncode.361 = x", "en") == "code.360\ncode.361 = x"


def test_arguments_are_filled_in() -> None:
    assert strings.text("scan.progress", "lt", "1 MB", "2 MB") == "1 MB iš 2 MB"


def test_a_reason_is_a_sentence_and_the_clouds_words() -> None:
    assert (
        strings.reason("reason.unused\tAADSTS700082", "en") == "The sign-in was not used for too long. (AADSTS700082)"
    )
    assert strings.reason("reason.unused", "lt") == "Prisijungimas per ilgai nenaudotas."
    assert strings.reason("550 5.1.1 unknown", "lt") == "550 5.1.1 unknown"
