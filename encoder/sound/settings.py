"""What a person sets for one channel of the mixer, and its form on the wire. Pure."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from encoder.errors import EngineError
from gshop_studio.engine_protocol import Fault

LONGEST_DELAY_MS = 1000
EFFECTS = ("noise_suppression", "gate", "compressor", "limiter")
"""In the order in which they work."""
_LIMITS: dict[str, tuple[float, float]] = {
    "gain_db": (-120.0, 30.0),
    "delay_ms": (0.0, float(LONGEST_DELAY_MS)),
    "gate_threshold_db": (-80.0, -10.0),
    "compressor_threshold_db": (-60.0, 0.0),
    "limiter_ceiling_db": (-20.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How a channel is heard. Effects run in the order of their fields, gain and mute after them."""

    gain_db: float = 0.0
    """-120 to 30."""
    is_muted: bool = False
    delay_ms: float = 0.0
    """Makes the sound later, for lip sync: 0 to 1000."""
    noise_suppression: bool = False
    gate: bool = False
    compressor: bool = False
    limiter: bool = False
    gate_threshold_db: float = -45.0
    """dBFS below which the gate closes: -80 to -10."""
    compressor_threshold_db: float = -18.0
    """dBFS (RMS) above which the compressor works: -60 to 0."""
    limiter_ceiling_db: float = -1.0
    """dBFS that the limiter lets nothing pass: -20 to 0."""

    @property
    def has_effects(self) -> bool:
        return self.noise_suppression or self.gate or self.compressor or self.limiter

    def to_wire(self) -> dict[str, Any]:
        """As JSON's types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_wire(cls, data: object, before: ChannelSettings | None = None) -> ChannelSettings:
        """The settings `before` with what `data` names changed.

        Raises:
            EngineError: `engine.bad_request` with the field that is unknown, of the wrong type or out of its range.
        """
        if not isinstance(data, Mapping):
            raise _bad("channel")
        changes: dict[str, Any] = {}
        kinds = {field.name: field.type for field in dataclasses.fields(cls)}
        for name, value in data.items():
            if name not in kinds:
                raise _bad(str(name)[:40])
            if name in _LIMITS:
                changes[name] = _number(name, value)
            elif isinstance(value, bool):
                changes[name] = value
            else:
                raise _bad(name)
        return dataclasses.replace(before or cls(), **changes)


def _number(name: str, value: object) -> float:
    low, high = _LIMITS[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or not math.isfinite(value):  # type: ignore[arg-type, operator]
        raise _bad(name)
    return float(value)  # type: ignore[arg-type]


def _bad(field: str) -> EngineError:
    return EngineError(Fault("engine.bad_request", {"reason": field}))
