"""Where an axis has its ticks. Pure."""

from __future__ import annotations

import math

_MINUTE_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)


def value_ticks(most: float, number: int = 4) -> list[float]:
    """From 0 to at least `most`, in steps of 1, 2 or 5 times a power of ten, whole ones; `number` steps at most."""
    rough = max(most, 1.0) / number
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for factor in (1, 2, 5, 10) if (step := factor * power) >= rough * (1 - 1e-9))
    step = max(step, 1.0)
    return [index * step for index in range(math.ceil(max(most, 1.0) / step - 1e-9) + 1)]


def minute_ticks(duration_s: float, number: int) -> list[int]:
    """Minutes from a show's start, 0 first; `number` at most besides it, in steps a clock has."""
    minutes = duration_s / 60.0
    step = next((step for step in _MINUTE_STEPS if minutes / step <= number), None)
    if step is None:
        step = _MINUTE_STEPS[-1] * math.ceil(minutes / number / _MINUTE_STEPS[-1])
    return list(range(0, math.floor(minutes) + 1, step))


def clock_label(seconds: int) -> str:
    """Since the start, as players write it: 5:00, 1:05:00."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
