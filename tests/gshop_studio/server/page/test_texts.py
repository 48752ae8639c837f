"""Everything a person reads on the page is in the catalogues, in every language, and nothing is there for nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gshop_studio.paths import resources_dir, translations_dir

LANGUAGES = ("en", "es", "pt")
AREAS = ("card", "chat", "guest", "language", "live", "phase", "problem", "watch")
KEY = re.compile(rf"""["']((?:{"|".join(AREAS)})\.[A-Za-z.]+)["']""")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def catalogue(language: str) -> dict[str, str]:
    words: dict[str, str] = json.loads((translations_dir() / "viewer" / f"{language}.json").read_text("utf-8"))
    return words


def page_files() -> list[Path]:
    viewer = resources_dir() / "viewer"
    return [*viewer.glob("*.html"), *(viewer / "scripts").rglob("*.js")]


def used_keys() -> set[str]:
    found = set().union(*(KEY.findall(file.read_text("utf-8")) for file in page_files()))
    return {key for key in found if not key.endswith(".js")}


def known_keys(language: str) -> set[str]:
    """Keys as the code names them: the plural forms of one text count as one."""
    return {re.sub(r"\.(one|other)$", "", key) for key in catalogue(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_the_page_uses_is_there(language: str) -> None:
    assert used_keys() - known_keys(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_over(language: str) -> None:
    assert known_keys(language) - used_keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    english, words = catalogue("en"), catalogue(language)
    assert words.keys() == english.keys()
    for key, text in english.items():
        assert sorted(PLACEHOLDER.findall(words[key])) == sorted(PLACEHOLDER.findall(text)), key
        assert words[key].strip(), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_texts_have_both_forms(language: str) -> None:
    keys = catalogue(language).keys()
    for key in keys:
        stem, _, form = key.rpartition(".")
        if form in ("one", "other"):
            assert {f"{stem}.one", f"{stem}.other"} <= keys


def test_what_people_write_is_never_read_as_html() -> None:
    """case 1, case 2: by construction, there is no way from a string to markup or to a link in the page's code."""
    for file in page_files():
        code = file.read_text("utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "eval("):
            assert way not in code, f"{way} in {file.name}"
