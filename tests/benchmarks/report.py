"""`docs/performance.md`: what `make bench` measured, each part written anew when it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.host import describe

PERFORMANCE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
ENGINE, SERVER = TITLES = ("Engine, window and page", "Server")
_HEAD = """\
# Performance

Written by `make bench`. Ratios are against a peer in the same run; a run in which the machine lost more than
3 % of its CPU time to others is thrown away, and said so. A benchmark never passes or fails a test run."""


@dataclass(frozen=True)
class Result:
    """One row: what was measured, each run's value, and what it is held against."""

    name: str
    unit: str
    values: Sequence[float]
    goal: str
    remark: str = ""
    digits: int = 2

    def row(self) -> str:
        """As a row of the table: n, median, min and max."""
        if not self.values:
            return f"| {self.name} | 0 | not measured | | {self.goal} | {self.remark} |"
        median, low, high = (
            f"{value:.{self.digits}f}" for value in (statistics.median(self.values), min(self.values), max(self.values))
        )
        spread = f"{low} – {high}"
        return f"| {self.name} | {len(self.values)} | {median} {self.unit} | {spread} | {self.goal} | {self.remark} |"


def write(title: str, results: Sequence[Result], notes: Sequence[str]) -> str:
    """Write a part of the page anew, leaving the others as they were measured, and give the page's text."""
    part = [
        f"## {title}",
        "",
        f"Measured on {datetime.now(UTC).date().isoformat()}:",
        "",
        *[f"- {line}" for line in describe()],
        "",
        "| what | n | median | min – max | goal | remarks |",
        "|---|---|---|---|---|---|",
        *[result.row() for result in results],
        "",
        *[f"- {note}" for note in notes],
    ]
    _, *parts = PERFORMANCE.read_text().split("\n## ") if PERFORMANCE.exists() else [""]
    kept = {part.partition("\n")[0]: f"## {part.strip()}" for part in parts}
    kept[title] = "\n".join(part).strip()
    text = "\n\n".join([_HEAD, *(kept[title] for title in TITLES if title in kept)]) + "\n"
    PERFORMANCE.write_text(text)
    return text
