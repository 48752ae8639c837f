"""The parameters of a command: untrusted JSON, read one by one. What does not fit is a bad request, by its name."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, TypeVar

from encoder.errors import EngineError
from gshop_studio.engine_protocol import Fault

MAX_TEXT = 4096
MAX_NAME = 64
_E = TypeVar("_E", bound=StrEnum)


def bad(reason: str) -> EngineError:
    """What to raise."""
    return EngineError(Fault("engine.bad_request", {"reason": reason}))


class Params:
    """Reads one command's parameters."""

    def __init__(self, values: Any) -> None:
        """
        Raises:
            EngineError: `engine.bad_request`, if it is not an object.
        """
        if not isinstance(values, dict):
            raise bad("params")
        self.values: dict[str, Any] = values

    def has(self, name: str) -> bool:
        """Whether it is there, be it null."""
        return name in self.values

    def text(self, name: str, *, most: int = MAX_TEXT) -> str | None:
        """A text, or None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise bad(name)
        return value

    def needed_text(self, name: str, *, most: int = MAX_TEXT) -> str:
        """A text that must be there and not be empty."""
        value = self.text(name, most=most)
        if not value:
            raise bad(name)
        return value

    def name(self, name: str, default: str | None = None) -> str:
        """A short printable name: of an input, a channel, a destination, an overlay."""
        value = self.text(name, most=MAX_NAME)
        value = default if value is None else value
        if not value or not value.isprintable():
            raise bad(name)
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A finite number, or None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and low <= value <= high and math.isfinite(value)):  # a whole number may have 4,000 digits
            raise bad(name)
        return float(value)

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number that must be there."""
        value = self.values.get(name)
        if not (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
            raise bad(name)
        return value

    def flag(self, name: str) -> bool | None:
        """True, false, or None where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise bad(name)
        return value

    def choice(self, name: str, kind: type[_E]) -> _E | None:
        """One of an enumeration's words, or None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return kind(str(value))
        except ValueError:
            raise bad(name) from None
