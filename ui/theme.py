"""How the window looks: Fusion, a palette and a style sheet, both made from the tokens."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gshop_studio.paths import resources_dir
from ui.tokens import ThemeName, Tokens

BODY_PX = 13
_ROLES = (
    (QPalette.ColorRole.Window, "surface-0"),
    (QPalette.ColorRole.Base, "surface-1"),
    (QPalette.ColorRole.AlternateBase, "surface-2"),
    (QPalette.ColorRole.Button, "surface-3"),
    (QPalette.ColorRole.WindowText, "text-1"),
    (QPalette.ColorRole.Text, "text-1"),
    (QPalette.ColorRole.ButtonText, "text-1"),
    (QPalette.ColorRole.ToolTipBase, "surface-3"),
    (QPalette.ColorRole.ToolTipText, "text-1"),
    (QPalette.ColorRole.PlaceholderText, "text-2"),
    (QPalette.ColorRole.Highlight, "accent"),
    (QPalette.ColorRole.HighlightedText, "on-accent"),
    (QPalette.ColorRole.Link, "accent"),
)


def choose_theme(wish: str | None) -> ThemeName:
    """The person's choice, else the system's, else dark: the room of a show is dim."""
    if wish is not None:
        return ThemeName(wish)
    is_light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
    return ThemeName.LIGHT if is_light else ThemeName.DARK


def apply_theme(app: QApplication, tokens: Tokens) -> None:
    """Style the whole application."""
    app.setStyle("Fusion")
    app.setPalette(_palette(tokens))
    app.setFont(body_font(tokens))
    app.setStyleSheet(style_sheet(tokens))


def body_font(tokens: Tokens, size_px: int = BODY_PX, *, is_strong: bool = False) -> QFont:
    """The first of the families that is installed, with figures of one width."""
    installed = set(QFontDatabase.families())
    family = next((name for name in tokens.families if name in installed), None)
    font = QFont(family) if family else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if is_strong else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def style_sheet(tokens: Tokens) -> str:
    """`studio.qss` with each `@name` replaced by its colour, and `@name/20` by that colour at 20 % opacity."""
    template = (resources_dir() / "themes" / "studio.qss").read_text("utf-8")
    for sign in ("chevron-down", "check"):
        path = resources_dir() / "icons" / f"{sign}-{tokens.theme.value}.svg"
        template = template.replace(f"@icon-{sign}", path.as_posix())

    def colour(match: re.Match[str]) -> str:
        value = QColor(tokens[match[1]])
        if match[2] is None:
            return value.name()
        return f"rgba({value.red()}, {value.green()}, {value.blue()}, {int(match[2])}%)"

    template = re.sub(r"/\*.*?\*/", "", template, flags=re.DOTALL)
    return re.sub(r"@([a-z]+(?:-[a-z0-9]+)?)(?:/(\d+))?", colour, template)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    for role, name in _ROLES:
        palette.setColor(role, QColor(tokens[name]))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens["text-3"]))
    return palette
