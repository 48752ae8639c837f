"""What the server says, in every language: no text without its translation, no translation without its text; numbers,
money and moments as each language writes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import gshop_studio.server
from gshop_studio.domain.money import Money
from gshop_studio.paths import translations_dir
from gshop_studio.server.refusals import FIELD_TEXTS, REFUSALS, FieldRefusal, Refused
from gshop_studio.server.words import (
    detail_of,
    field_problem,
    format_day,
    format_duration,
    format_moment,
    format_money,
    format_number,
    format_percent,
    say,
    say_number,
)
from gshop_studio.texts import LANGUAGES

FOLDER = Path(str(gshop_studio.server.__file__)).parent
MARKERS = {"say": 1, "say_number": 2, "translatable": 1}
"""How many texts each is called with."""
NBSP = "\N{NO-BREAK SPACE}"


def marked_texts() -> Iterator[tuple[str, str]]:
    """Each literal a marker is called with, and where."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for argument in node.args[: MARKERS.get(name, 0)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, f"{path.relative_to(FOLDER)}:{node.lineno}"


def all_texts() -> dict[str, str]:
    """Every text of the server, and where it is."""
    texts = {refusal.text: "refusals.py" for refusal in REFUSALS.values()}
    texts |= dict.fromkeys(FIELD_TEXTS.values(), "refusals.py")
    of_commands = "operation/backup_command.py"  # whose `say` takes codes of the shared catalogue
    return texts | {text: where for text, where in marked_texts() if not where.startswith(of_commands)}


def entries(language: str) -> list[tuple[Any, Any]]:
    """What is said for what; for a text that is counted both are tuples, of singular and plural."""
    with (translations_dir() / "server" / language / "LC_MESSAGES" / "server.po").open("rb") as file:
        return [(message.id, message.string) for message in read_po(file, locale=language) if message.id]


def translated(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text, said in entries(language):
        found |= dict(zip(text, said, strict=True)) if isinstance(text, tuple) else {text: said}
    return found


def places(text: str) -> list[str]:
    return sorted(re.findall(r"{\w+}", text))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_has_a_translation_with_the_same_places(language: str) -> None:
    texts, translations = all_texts(), translated(language)
    assert {text: where for text, where in texts.items() if not translations.get(text)} == {}, "not translated"
    assert sorted(translations.keys() - texts.keys()) == [], "no longer said"
    assert [text for text in texts if places(text) != places(translations[text])] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_the_compiled_catalogue_is_the_one_we_read(language: str) -> None:
    for text, translation in entries(language):
        if isinstance(text, str):
            unfilled = {name.strip("{}"): name for name in places(text)}
            assert say(text, language, **unfilled) == translation


def test_what_is_counted_is_said_as_each_language_counts() -> None:
    def said(count: int) -> list[str]:
        return [say_number("{count} order", "{count} orders", count, language) for language in LANGUAGES]

    assert said(0) == ["0 orders", "0 pedidos", "0 pedido"]
    assert said(1) == ["1 order", "1 pedido", "1 pedido"]
    assert said(1234) == ["1,234 orders", "1,234 pedidos", "1.234 pedidos"]
    left = "Only {count} left: {productName}."
    assert [say_number(left, left, count, "es", productName="Mug") for count in (1, 2)] == [
        "Solo queda 1: Mug.", "Solo quedan 2: Mug."
    ]  # fmt: skip


def test_numbers_in_refusals_are_the_languages() -> None:
    timed_out = Refused("chat.timed_out", params={"seconds": "86400"})
    assert detail_of(timed_out, "en").endswith("again in 24 h.")
    too_long = FieldRefusal("name", "field.too_long", (("limit", "10000"),))
    ends = [field_problem(too_long, language).detail[-7:] for language in LANGUAGES]
    assert ends == ["10,000.", "10,000.", "10.000."]
    moment = FieldRefusal("at", "field.too_large", (("limit", "2026-11-22 17:05:00"),))
    assert "2026-11-22 17:05:00" in field_problem(moment, "en").detail


def test_a_text_with_its_places_filled() -> None:
    refusal = Refused("chat.slow_mode", params={"seconds": "5"})
    assert [detail_of(refusal, language) for language in LANGUAGES] == [
        "Slow mode is on: one message every 5 s.",
        translated("es")[REFUSALS["chat.slow_mode"].text].replace("{seconds}", "5 s"),
        translated("pt")[REFUSALS["chat.slow_mode"].text].replace("{seconds}", "5 s"),
    ]
    assert detail_of(refusal, "xx") == detail_of(refusal, "en")


EN = (
    "12,345.68", "25.6%", "$1,234.50", f"CLP{NBSP}1,234", "Nov 22, 2026, 5:05 PM UTC", "November 22, 2026",
    "1,001 h 5 min",
)  # fmt: skip
ES = (
    "12,345.68", "25.6%", f"USD{NBSP}1,234.50", f"CLP{NBSP}1,234", "22 nov 2026, 5:05 p.m. UTC",
    "22 de noviembre de 2026", "1,001 h 5 min",
)  # fmt: skip
PT = (
    "12.345,68", "25,6%", f"US${NBSP}1.234,50", f"CLP{NBSP}1.234", "22 de nov. de 2026, 17:05 UTC",
    "22 de novembro de 2026", "1.001 h 5 min",
)  # fmt: skip


@pytest.mark.parametrize(("language", "written"), [("en", EN), ("es", ES), ("pt", PT)])
def test_numbers_are_written_as_the_language_does(language: str, written: tuple[str, ...]) -> None:
    at = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
    assert (
        format_number(12345.68, language),
        format_percent(0.2564, language),
        format_money(Money(123450, "USD"), language),
        format_money(Money(1234, "CLP"), language),
        _plain(format_moment(at, language)),
        format_day(at, language),
        format_duration(1001 * 3600 + 5 * 60 + 20, language),
    ) == written


def _plain(text: str) -> str:
    """Which kind of space stands before p.m. changes with the tables' versions."""
    return re.sub(r"[\u202f\xa0]", " ", text)


def test_a_moment_is_told_in_a_zone() -> None:
    at = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
    assert _plain(format_moment(at, "en", "America/Sao_Paulo")) == "Nov 21, 2026, 10:05 PM Sao Paulo"
    assert format_day(at, "en", "America/Sao_Paulo") == "November 21, 2026"


@given(minor=st.integers(-(10**14), 10**14), currency=st.sampled_from(["USD", "BRL", "CLP", "KWD", "MXN"]))
def test_no_amount_loses_a_digit(minor: int, currency: str) -> None:
    for language in LANGUAGES:
        digits = re.sub(r"\D", "", format_money(Money(minor, currency), language))
        assert int(digits) == abs(minor), language


@given(seconds=st.floats(0, 10**7))
def test_a_duration_is_never_empty(seconds: float) -> None:
    assert re.fullmatch(r"(\d[\d.,]* (h|min|s) ?){1,2}", format_duration(seconds, "pt"))
