"""The page modules: each is in the table, says what it brings along, and has all its words in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from firmware.audit import WHAT
from firmware.notifications import EVENTS
from firmware.web import app, server
from firmware.web.sessions import Sessions
from firmware.web.words import LANGUAGES, Words
from sim.image import ROOT
from sim.loop import VirtualLoop
from sim.storage import RamStorage
from tests.web.support import FakeDevice

WEB = ROOT / "firmware" / "web"
MODULES = sorted({row[3] for row in app.TABLE})
# Loaded together with the frame, or always there.
RESIDENT = {
    "firmware.heap",
    "firmware.hmac",
    "firmware.settings",
    "firmware.panel.format",
    "firmware.panel.strings",
    "firmware.store",
    "firmware.users",  # the device keeps it once somebody has asked for it
    "firmware.web.pages",
    "firmware.web.visit",
    "firmware.web.words",
    "hal.errors",
}
_KEY = re.compile(r"""["'](web\.[a-z0-9_.]+)["']""")


def table(language: str, module: str) -> dict[str, str]:
    names: dict[str, str] = {}
    exec(compile((WEB / language / f"{module}.py").read_text("utf-8"), module, "exec"), names)
    lines = names["TABLE"].strip("\n").split("\n")
    keys = [line.split(" = ", 1)[0] for line in lines]
    assert keys == sorted(set(keys)), f"{language}/{module}.py is not in order, or has a key twice"
    return dict(line.split(" = ", 1) for line in lines)


def imports(path: Path) -> set[str]:
    """What a module imports that is ours, but for what only type checkers see."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name for name in below if ROOT.joinpath(*name.split(".")).with_suffix(".py").exists()} or {
                node.module
            }
        waiting += ast.iter_child_nodes(node)
    return {name for name in found if name.startswith(("firmware.", "hal."))}


def table_keys_of(prefix: str, module: str) -> set[str]:
    return {key for key in table("en", module) if key.startswith(prefix)}


def test_every_event_of_the_audit_log_and_every_notice_has_words() -> None:
    assert table_keys_of("web.audit.", "notice") == {"web.audit." + what for what in WHAT}
    notices = {"web.notice." + event for event in EVENTS}
    assert table_keys_of("web.notice.", "notice") == notices | {notice + "_text" for notice in notices}


def brought(module: str) -> set[str]:
    found = {f"firmware.web.{module}", *app._BRINGS.get(module, ())}
    return found | set(server.RULES) if "firmware.web.server" in found else found


@pytest.mark.parametrize("module", MODULES)
def test_a_page_module_brings_nothing_along_that_stays(module: str) -> None:
    """What is imported for one page and not named would lie in a board's heap until the next restart."""
    declared = brought(module)
    for name in sorted(declared):
        rest = imports(ROOT.joinpath(*name.split(".")).with_suffix(".py")) - declared - RESIDENT
        assert not rest, f"{name} imports {sorted(rest)}, which app.py does not let go with {module!r}"


def test_no_module_is_let_go_twice_in_one_request() -> None:
    device = FakeDevice(VirtualLoop(), RamStorage())
    frame = app.App(device, Sessions(device.board.entropy, device.board.clock, lambda: 15))
    for path in [*(row[2] for row in app.TABLE), "/style.css", "/nowhere"]:
        names = frame._needed(path)._modules
        assert len(set(names)) == len(names), path


def test_every_module_of_the_folder_is_somebodys() -> None:
    used = {name for module in MODULES for name in brought(module)}
    names = ("app", "forms", "pages", "style", "visit", "words", "web_config", "door", "secure", "guard", "sessions")
    frame = {f"firmware.web.{name}" for name in names}
    assert {f"firmware.web.{path.stem}" for path in WEB.glob("[!_]*.py")} == frame | {
        name for name in used if name.startswith("firmware.web.") and name.count(".") == 2
    }


@pytest.mark.parametrize("module", [*MODULES, "frame", "notice"])
def test_both_languages_have_the_same_words_to_say(module: str) -> None:
    english, lithuanian = table("en", module), table("lt", module)
    assert english.keys() == lithuanian.keys()
    for key, words in english.items():
        assert words.count("{}") == lithuanian[key].count("{}"), key
        assert words and lithuanian[key] and '"' not in words + lithuanian[key].replace("\\", ""), key


def test_the_folders_of_words_have_nothing_else() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (WEB / language).glob("[!_]*.py")} == {*MODULES, "frame", "notice"}


@pytest.mark.parametrize("module", MODULES)
def test_each_key_that_a_page_names_is_there_and_each_that_is_there_is_named(module: str) -> None:
    also = {"firmware.users"} if module.startswith("users") else set()
    sources = [ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in brought(module) | also]
    text = "".join(path.read_text("utf-8") for path in sources).replace("'", '"')
    own, frame = table("en", module), table("en", "frame")
    prefixes = tuple(re.findall(r'"(web\.[a-z_.]+\.)" \+', text))  # "web.method." + settings["method"]
    for key in set(_KEY.findall(text)) - set(prefixes):
        assert key in own or key in frame, f"{module} says {key!r} and has no words for it"
    assert not own.keys() & frame.keys()
    if "labels(" in text or '"web." + name' in text:
        return  # fields by their names: test_email.py looks at them
    unused = [key for key in own if f'"{key}"' not in text and not key.startswith(prefixes or ("-",))]
    assert unused == []


def test_an_unknown_key_is_a_mistake_and_other_parts_words_are_found() -> None:
    with pytest.raises(KeyError):
        Words("en").text("web.nonsense")
    assert Words("lt").text("state.SIGNED_IN") == "Prisijungta"
    assert Words("lt", "email").say("web.ask_sender", "<a>", "b").startswith("Prisijungėte kaip &lt;a&gt;, bet")
