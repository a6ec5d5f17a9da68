"""The page's files are served as what they are, need nothing from elsewhere, and fit each other."""

import re
from pathlib import Path

import pytest

import sim.web
from tests.simweb.asking import ask
from tests.simweb.fake_world import FakeWorld

FOLDER = Path(sim.web.__file__).parent / "page"
FILES = sorted(FOLDER.iterdir())
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_file_is_served_as_what_it_is(file: Path) -> None:
    response = ask(FakeWorld(), "GET", "/" if file.name == "index.html" else f"/{file.name}")
    assert (response.status, response.body) == (200, file.read_bytes())
    assert response.content_type == TYPES[file.suffix]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_comes_from_elsewhere_and_nothing_breaks_the_policy(file: Path) -> None:
    text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|\beval\b|document\.write", text)
    if file.suffix == ".html":
        assert not re.search(r'\sstyle="|\son[a-z]+="|<script(?![^>]*\ssrc=)|<style', text)


def test_every_file_that_is_named_is_there() -> None:
    named = set()
    for file in FILES:
        named |= set(re.findall(r'(?:src|href)="/([\w.-]+)"|from "/([\w.-]+)"', file.read_text("utf-8")))
    names = {first or second for first, second in named} - {"api"}
    assert names and names <= {file.name for file in FILES}


def test_every_element_that_a_module_looks_for_is_in_the_page() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    ids = re.findall(r'\bid="([\w-]+)"', page)
    assert len(ids) == len(set(ids))
    for file in FILES:
        if file.suffix == ".js":
            for wanted in re.findall(r'(?:byId|show)\("([\w-]+)"', file.read_text("utf-8")):
                assert wanted in ids, f"{file.name} looks for {wanted}"
    for attribute in ("aria-labelledby", "aria-describedby", "for"):
        for value in re.findall(rf'\b{attribute}="([\w -]+)"', page):
            assert set(value.split()) <= set(ids)


def test_every_call_that_the_page_makes_exists() -> None:
    world = FakeWorld()
    for file in FILES:
        if file.suffix != ".js":
            continue
        text = file.read_text("utf-8")
        calls = re.findall(r'call\("([A-Z]+)", [`"]([^`"]+)[`"]', text)
        for method, path in calls:
            target = re.sub(r"\$\{[^}]*\}", "ona@bureau.example", path)
            allowed = ask(world, "OPTIONS", target.partition("?")[0]).headers["Allow"]
            assert method in allowed.split(", "), f"{file.name}: {method} {path}"
