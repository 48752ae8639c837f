"""The look has one source: the page's tokens are those of tokens.json, and their contrast is enough to read."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from deploy import tokens


@pytest.fixture
def source() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(tokens.SOURCE.read_text("utf-8"))
    return values


def test_the_generated_file_is_up_to_date(source: dict[str, Any]) -> None:
    assert tokens.CSS.read_text("utf-8") == tokens.render(source), "run python deploy/tokens.py"


def test_both_themes_have_the_same_colours(source: dict[str, Any]) -> None:
    assert source["colours"]["dark"].keys() == source["colours"]["light"].keys()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_main_and_secondary_text_can_be_read_on_every_surface(source: dict[str, Any], theme: str) -> None:
    colours = source["colours"][theme]
    for text, surface in product(("text-1", "text-2"), ("surface-0", "surface-1", "surface-2", "surface-3")):
        assert contrast(colours[text], colours[surface]) >= 4.5, (text, surface)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_written_on_the_accent_can_be_read(source: dict[str, Any], theme: str) -> None:
    assert contrast(source["colours"][theme]["on-accent"], source["colours"][theme]["accent"]) >= 4.3


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #RRGGBB colours."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
