"""A value that others watch: snapshots go up this way. Single-threaded, on the asyncio thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Observable(Generic[Value]):
    """The present snapshot and who is told of the next one."""

    def __init__(self, value: Value) -> None:
        self._value = value
        self._listeners: list[Callable[[Value], None]] = []

    @property
    def value(self) -> Value:
        """The present snapshot."""
        return self._value

    def set(self, value: Value) -> None:
        """Replace it; listeners are told only of a change."""
        if value == self._value:
            return
        self._value = value
        for listener in tuple(self._listeners):
            listener(value)

    def listen(self, listener: Callable[[Value], None]) -> None:
        """Tell `listener` each change from now on."""
        self._listeners.append(listener)
