"""Both themes are complete, and what is read can be read."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from ui.icons import Icon, Icons
from ui.theme import body_font, choose_theme, style_sheet
from ui.tokens import ThemeName, Tokens


@pytest.mark.parametrize("theme", list(ThemeName))
def test_the_style_sheet_names_only_known_colours(theme: ThemeName) -> None:
    sheet = style_sheet(Tokens.load(theme))
    assert "@" not in sheet
    assert sheet.count("{") == sheet.count("}")


@pytest.mark.parametrize("theme", list(ThemeName))
@pytest.mark.parametrize("surface", ["surface-0", "surface-1", "surface-2"])
@pytest.mark.parametrize("text", ["text-1", "text-2"])
def test_words_stand_out_from_their_ground(theme: ThemeName, surface: str, text: str) -> None:
    """WCAG 2.2, contrast (minimum): 4.5 to 1."""
    tokens = Tokens.load(theme)
    light, dark = sorted((_luminance(tokens[surface]), _luminance(tokens[text])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_icon_exists(qapp: QApplication) -> None:
    icons = Icons(Tokens.load(ThemeName.DARK))
    for icon in Icon:
        assert not icons.get(icon).pixmap(16, 16).isNull()


def test_a_choice_outdoes_the_system_and_dark_is_the_default(qapp: QApplication) -> None:
    assert choose_theme("light") is ThemeName.LIGHT
    assert choose_theme(None) in (ThemeName.DARK, ThemeName.LIGHT)
    assert body_font(Tokens.load(ThemeName.DARK)).pixelSize() == 13


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    made = QColor(colour)
    return 0.2126 * linear(made.redF()) + 0.7152 * linear(made.greenF()) + 0.0722 * linear(made.blueF())
