"""How burned-in things look: the house's colours, and its type and spacing scaled to the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PIL import ImageFont

from encoder.picture import PictureSize

SURFACE_0 = "#0F1115"
SURFACE_1 = "#161A20"
SURFACE_2 = "#1E232B"
LINE = "#2C333D"
TEXT_1 = "#F2F4F7"
TEXT_2 = "#A9B2BF"
ACCENT = "#FF4D6D"
ACCENT_UNDER_TEXT = "#E0335A"
"""Dark enough for white words."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_DESIGN_SIDE_PX = 720


def unit_px(canvas: PictureSize) -> float:
    """How long one unit of the design (a pixel where the shorter side has 720) is on this canvas."""
    return min(canvas.width, canvas.height) / _DESIGN_SIDE_PX


class Weight(Enum):
    """The type's weights, and the files Inter has them in."""

    REGULAR = ("Inter-Regular.otf", "Inter-Regular.ttf", "Inter_18pt-Regular.ttf")
    SEMI_BOLD = ("Inter-SemiBold.otf", "Inter-SemiBold.ttf", "Inter_18pt-SemiBold.ttf")
    BOLD = ("Inter-Bold.otf", "Inter-Bold.ttf", "Inter_18pt-Bold.ttf")


@dataclass(frozen=True, slots=True)
class TypeSize:
    """A weight and a size."""

    weight: Weight
    px: int


class Typeface:
    """Inter where the system has it, Pillow's own face elsewhere. Used by one thread at a time."""

    def __init__(self) -> None:
        self._fonts: dict[TypeSize, Font] = {}
        self._files: dict[Weight, str | None] = {}
        self._undrawable: dict[str, bool] = {}

    def font(self, weight: Weight, px: float) -> Font:
        """The font in that size, at least 6 px."""
        size = TypeSize(weight, max(6, round(px)))
        font = self._fonts.get(size)
        if font is None:
            font = self._fonts[size] = self._load(size)
        return font

    def drawable(self, text: str) -> str:
        """The text without what the face has no glyph for (most emoji), which would show as empty boxes."""
        return "".join(character for character in text if not self._is_undrawable(character)).strip()

    def _load(self, size: TypeSize) -> Font:
        if size.weight not in self._files:
            self._files[size.weight] = self._find(size)
        name = self._files[size.weight]
        return ImageFont.truetype(name, size.px) if name else ImageFont.load_default(size.px)

    @staticmethod
    def _find(size: TypeSize) -> str | None:
        for name in size.weight.value:
            try:
                found = ImageFont.truetype(name, size.px)  # looks where the system keeps its fonts
            except OSError:
                continue
            return str(found.path)
        return None

    def _is_undrawable(self, character: str) -> bool:
        if character.isascii() or character.isspace():
            return False
        known = self._undrawable.get(character)
        if known is None:
            font = self.font(Weight.REGULAR, 20)
            missing = bytes(font.getmask("\U0010fffe")), font.getbbox("\U0010fffe")
            known = (bytes(font.getmask(character)), font.getbbox(character)) == missing
            known = known or character in "\u200d\ufe0e\ufe0f"
            self._undrawable[character] = known
        return known
