"""The window speaks three languages completely."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QCoreApplication

from gshop_studio.paths import translations_dir
from ui import formats
from ui.language import Languages

ROOT = Path(__file__).resolve().parents[2]
_MARKS = re.compile(r"\{\w+\}|%n")


def messages(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).getroot().iter("message"))


def source(message: ElementTree.Element) -> str:
    return message.findtext("source") or ""


def forms(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    return [form.text or "" for form in translation] or [translation.text or ""]


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_every_text_is_translated_and_none_is_left_over(language: str, tmp_path: Path) -> None:
    kept = translations_dir() / f"gshop_studio_{language}.ts"
    fresh = tmp_path / kept.name
    shutil.copy(kept, fresh)
    sources = [str(path) for path in sorted((ROOT / "ui").rglob("*.py"))]
    tool = Path(sys.executable).with_name("pyside6-lupdate")
    options = ["-locations", "none"] + (["-pluralonly"] if language == "en" else [])
    subprocess.run([tool, *sources, "-ts", fresh, *options], check=True, capture_output=True, timeout=60)
    found = messages(fresh)
    untold = [source(message) for message in found if message.find("translation[@type='unfinished']") is not None]
    unused = [
        source(message)
        for message in found
        if message.find("translation[@type='vanished']") is not None
        or message.find("translation[@type='obsolete']") is not None
    ]
    assert untold == []
    assert unused == []
    for message in found:
        assert all(form.strip() for form in forms(message)), source(message)


@pytest.mark.parametrize("language", ["es", "pt"])
def test_what_is_filled_in_stays_the_same(language: str) -> None:
    for message in messages(translations_dir() / f"gshop_studio_{language}.ts"):
        for form in forms(message):
            assert sorted(_MARKS.findall(form)) == sorted(_MARKS.findall(source(message))), source(message)


def test_no_text_hides_in_an_f_string() -> None:
    """lupdate does not look there, so such a text would never be translated."""
    for path in (ROOT / "ui").rglob("*.py"):
        assert not re.search(r"""f(["']).*\{[^}]*\.tr\(""", path.read_text()), path


def test_plurals_money_and_numbers_follow_the_language(english: Languages) -> None:
    expected = {
        "en": ("1 product", "8 products", "12,345", "$21,199.50"),
        "es": ("1 producto", "8 productos", "12.345", "21.199,50"),
        "pt": ("1 produto", "8 produtos", "12.345", "21.199,50"),
    }
    for language, (one, many, number, price) in expected.items():
        english.use(language)
        texts = [QCoreApplication.translate("ProductsPanel", "%n product(s)", "", count) for count in (1, 8)]
        assert texts == [one, many]
        assert formats.count(12345) == number
        assert price in formats.money(21199.5, "USD")


def test_durations_and_whole_amounts_are_short(english: Languages) -> None:
    assert formats.duration(753.9) == "00:12:33"
    assert formats.duration(-1) == "00:00:00"
    assert formats.money(149.0, "USD") == "$149"
    assert formats.money(1500.0, "JPY") == "¥1,500"
