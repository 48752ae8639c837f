"""Breaks text into lines that fit: words wrap, a word that is too long is broken, the last ends with an ellipsis."""

from __future__ import annotations

from dataclasses import dataclass

from encoder.compositor.look import Font, Typeface, Weight

_ELLIPSIS = "…"
LINE_HEIGHT = 1.25
"""Of the type's size."""
_STEP = 0.92
"""By how much type is made smaller at a time until its text fits."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines in a size."""

    lines: tuple[str, ...]
    font: Font
    px: float

    @property
    def line_px(self) -> float:
        return self.px * LINE_HEIGHT

    @property
    def height_px(self) -> float:
        return self.line_px * len(self.lines)

    @property
    def width_px(self) -> float:
        return max((self.font.getlength(line) for line in self.lines), default=0.0)


def set_text(
    face: Typeface, text: str, weight: Weight, px: float, width: float, max_lines: int, *, smallest: float = 0.7
) -> TextBlock:
    """The text in that size, or down to `smallest` of it where it does not fit so; then shortened with an ellipsis."""
    text = face.drawable(text)
    size = px
    while True:
        block = TextBlock(tuple(_wrapped(text, face.font(weight, size), width)), face.font(weight, size), size)
        if len(block.lines) <= max_lines:
            return block
        if size * _STEP < px * smallest:
            return TextBlock(_shortened(block, width, max_lines), block.font, size)
        size *= _STEP


def set_whole(face: Typeface, text: str, weight: Weight, px: float, width: float) -> TextBlock:
    """One line that is never cut, however small it becomes: prices."""
    text = " ".join(face.drawable(text).split())
    size = px
    while size > 6 and face.font(weight, size).getlength(text) > width:
        size *= _STEP
    return TextBlock((text,) if text else (), face.font(weight, size), size)


def _wrapped(text: str, font: Font, width: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if font.getlength(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *broken, line = _broken(word, font, width)
            lines += broken
        if line or (lines and paragraph == ""):
            lines.append(line)
    return lines


def _broken(word: str, font: Font, width: float) -> list[str]:
    """The word in pieces none of which is too long, unless a single letter is."""
    pieces = [""]
    for character in word:
        if pieces[-1] and font.getlength(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _shortened(block: TextBlock, width: float, max_lines: int) -> tuple[str, ...]:
    """As many lines as may be, the last one filled up and cut."""
    kept, rest = block.lines[: max_lines - 1], " ".join(block.lines[max_lines - 1 :])
    fits, too_long = 0, len(rest) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if block.font.getlength(rest[:middle] + _ELLIPSIS) <= width:
            fits = middle
        else:
            too_long = middle
    return (*kept, rest[:fits].rstrip(" .,;:") + _ELLIPSIS)
