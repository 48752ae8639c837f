"""What the demo measured, as a table for people: each row with what was seen and whether that is as it should be."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    seen: str
    is_good: bool


@dataclass(slots=True)
class Measurements:
    """Rows in the order in which they were seen. The demo succeeded when there are rows and all are good."""

    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, seen: object, *, is_good: bool) -> None:
        """Note what was seen."""
        self.rows.append(Row(name, str(seen), is_good))

    @property
    def is_good(self) -> bool:
        return bool(self.rows) and all(row.is_good for row in self.rows)

    def table(self) -> str:
        """The rows, aligned; a row that is not as it should be is marked in words."""
        width = max(len(row.name) for row in self.rows)
        seen_width = max(len(row.seen) for row in self.rows)
        return "\n".join(
            f"  {row.name:<{width}}  {row.seen:<{seen_width}}  {'ok' if row.is_good else 'NOT AS IT SHOULD BE'}"
            for row in self.rows
        )
