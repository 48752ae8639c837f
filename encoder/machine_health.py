"""Battery, heat and processor of the machine, where the platform tells. Asking may take a while: not on an event loop.

Source: psutil's documentation of `sensors_battery`, `sensors_temperatures` and `cpu_percent`; the first two are not
there on every platform, and give nothing on many machines. `cpu_percent(None)` counts from the same thread's last call,
and we ask on a new thread each time: so it is given a stretch to measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psutil

from gshop_studio.engine_protocol import Fault

LOW_PERCENT, ENOUGH_PERCENT = 20.0, 25.0
HOT_C = 90.0
"""Where a sensor does not say what is too much for it."""
_COOLING_C = 5.0
_BELIEVABLE_LIMITS_C = (50.0, 120.0)
_LOOK_S = 0.4
_PROCESSOR_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal")


@dataclass(frozen=True, slots=True)
class MachineHealth:
    """What is known now; None where it is not told."""

    battery_percent: float | None = None
    is_plugged: bool | None = None
    temperature_c: float | None = None
    """The processor's, where its sensor is known; else the hottest there is."""
    over_limit_c: float | None = None
    """How far the worst of the same sensors is beyond its own limit; negative is below it."""
    machine_cpu_percent: float | None = None
    """Of all processors together, while it was looked at."""


def read_health(source: Any = psutil, look_s: float = _LOOK_S) -> MachineHealth:
    """Ask now. Blocks for `look_s`.

    Args:
        source: psutil, or what stands in for it.
        look_s: How long the processors are looked at.
    """
    percent, is_plugged = _battery(source)
    temperature_c, over_limit_c = _heat(source)
    return MachineHealth(percent, is_plugged, temperature_c, over_limit_c, source.cpu_percent(look_s))


class HealthWatch:
    """Turns looks into faults, each told once an episode. Pure."""

    def __init__(self) -> None:
        self._is_low = False
        self._is_hot = False

    def look(self, health: MachineHealth) -> list[Fault]:
        """What a person must hear of now: `machine.battery_low` {percent}, `machine.hot` {temperature}."""
        faults = []
        was_low, was_hot = self._is_low, self._is_hot
        self._is_low, self._is_hot = self._low_after(health), self._hot_after(health)
        if self._is_low and not was_low:
            faults.append(Fault("machine.battery_low", {"percent": f"{health.battery_percent:.0f}"}))
        if self._is_hot and not was_hot:
            faults.append(Fault("machine.hot", {"temperature": f"{health.temperature_c:.0f}"}))
        return faults

    def _low_after(self, health: MachineHealth) -> bool:
        if health.battery_percent is None or health.is_plugged:
            return False
        return health.battery_percent < (ENOUGH_PERCENT if self._is_low else LOW_PERCENT)

    def _hot_after(self, health: MachineHealth) -> bool:
        if health.over_limit_c is None or health.temperature_c is None:
            return False
        return health.over_limit_c >= (-_COOLING_C if self._is_hot else 0.0)


def _battery(source: Any) -> tuple[float | None, bool | None]:
    try:
        battery = source.sensors_battery() if hasattr(source, "sensors_battery") else None
    except (OSError, NotImplementedError, psutil.Error):
        battery = None
    return (None, None) if battery is None else (battery.percent, battery.power_plugged)


def _heat(source: Any) -> tuple[float | None, float | None]:
    try:
        sensors = source.sensors_temperatures() if hasattr(source, "sensors_temperatures") else {}
    except (OSError, NotImplementedError, psutil.Error):
        sensors = {}
    readings = {name: [one for one in chip if one.current and one.current > 0] for name, chip in sensors.items()}
    found = [one for name in _PROCESSOR_SENSORS for one in readings.get(name, ())]
    found = found or [one for chip in readings.values() for one in chip]
    if not found:
        return None, None
    return max(one.current for one in found), max(one.current - _limit_c(one.high) for one in found)


def _limit_c(high: float | None) -> float:
    least, most = _BELIEVABLE_LIMITS_C
    return high if high is not None and least <= high <= most else HOT_C
