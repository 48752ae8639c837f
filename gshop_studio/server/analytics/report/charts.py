"""Charts as SVG, drawn by us: no scripts, no styles of their own, colours by the page's classes. Pure.

A chart is drawn twice, for a wide page and for a narrow one; the page shows the one that fits, so that text keeps its
size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gshop_studio.server.analytics.report.axes import clock_label, minute_ticks, value_ticks
from gshop_studio.server.words import format_number

Points = Sequence[tuple[float, float]]
"""(seconds from the show's start, value), rising in time."""


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    width: float
    height: float
    time_ticks: int
    left: float = 40.0
    right: float = 16.0
    top: float = 24.0
    bottom: float = 28.0


FULL = Size("wide", 1040, 260, 10)
HALF = Size("wide", 500, 200, 6)
NARROW = Size("narrow", 326, 190, 4)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the time axis."""

    at_s: float
    label: str


def curve(
    points: Points, duration_s: float, label: str, language: str, size: Size, tone: str, marks: Sequence[Mark] = ()
) -> str:
    """An area under a line over the show's time, its peak named. `tone` is a class of the page."""
    return _Curve(points, max(duration_s, 60.0), language, size).svg(label, tone, marks)


def share_bar(share: float, tone: str) -> str:
    """A bar filled to a fraction 0 to 1."""
    percent = f"{100 * min(max(share, 0.0), 1.0):.2f}"
    return (
        f'<svg class="bar {tone}" width="100%" height="8" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100%" height="8" rx="4"/>'
        f'<rect class="fill" width="{percent}%" height="8" rx="4"/></svg>'
    )


class _Curve:
    def __init__(self, points: Points, duration_s: float, language: str, size: Size) -> None:
        self._points = [(min(max(at_s, 0.0), duration_s), max(value, 0.0)) for at_s, value in points]
        self._duration_s = duration_s
        self._language = language
        self._size = size
        self._ticks = value_ticks(max((value for _, value in self._points), default=0.0))

    def svg(self, label: str, tone: str, marks: Sequence[Mark]) -> str:
        size = self._size
        return (
            f'<svg class="chart {size.name} {tone}" viewBox="0 0 {size.width:g} {size.height:g}" role="img"'
            f' aria-label="{escape(label)}">{self._grid()}{self._marks(marks)}{self._area()}{self._peak()}</svg>'
        )

    def _x(self, at_s: float) -> float:
        size = self._size
        return size.left + (size.width - size.left - size.right) * at_s / self._duration_s

    def _y(self, value: float) -> float:
        size = self._size
        return size.height - size.bottom - (size.height - size.top - size.bottom) * value / self._ticks[-1]

    def _grid(self) -> str:
        size = self._size
        lines = [
            f'<line class="grid" x1="{size.left:g}" x2="{size.width - size.right:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{size.left - 8:g}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(format_number(int(tick), self._language))}</text>"
            for tick in self._ticks
            for y in [self._y(tick)]
        ]
        times = [
            f'<text class="tick" x="{self._x(minutes * 60):.1f}" y="{size.height - 8:g}" text-anchor="middle">'
            f"{clock_label(60 * minutes)}</text>"
            for minutes in minute_ticks(self._duration_s, size.time_ticks)
        ]
        return "".join(lines + times)

    def _area(self) -> str:
        if not self._points:
            return ""
        places = [f"{self._x(at_s):.1f} {self._y(value):.1f}" for at_s, value in self._points]
        first, last = self._x(self._points[0][0]), self._x(self._points[-1][0])
        base = f"{self._y(0):.1f}"
        line = "L".join(places)
        return f'<path class="area" d="M{first:.1f} {base}L{line}L{last:.1f} {base}Z"/><path class="line" d="M{line}"/>'

    def _peak(self) -> str:
        at_s, value = max(self._points, key=lambda point: point[1], default=(0.0, 0.0))
        if value <= 0:
            return ""
        x, y = self._x(at_s), self._y(value)
        place = min(max(x, self._size.left + 12), self._size.width - self._size.right - 12)
        return (
            f'<circle class="peak" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            f'<text class="peak-label" x="{place:.1f}" y="{y - 9:.1f}" text-anchor="middle">'
            f"{escape(format_number(round(value), self._language))}</text>"
        )

    def _marks(self, marks: Sequence[Mark]) -> str:
        bottom = self._size.height - self._size.bottom
        return "".join(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{self._size.top:g}" y2="{bottom:g}">'
            f"<title>{escape(mark.label)}</title></line>"
            for mark in marks
            if 0 <= mark.at_s <= self._duration_s
            for x in [self._x(mark.at_s)]
        )
