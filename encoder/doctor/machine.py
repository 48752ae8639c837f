"""Whether the machine itself is fit: battery, heat, and how busy other programs keep it."""

from __future__ import annotations

from encoder.machine_health import MachineHealth
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict
from gshop_studio.domain.quality_advice import HOT_C, LOW_BATTERY_PERCENT

_BUSY_PERCENT = 75.0
"""Of all processors, by other programs than this one."""
_BATTERY_FOR_A_SHOW_PERCENT = 50.0


def judge_machine(health: MachineHealth) -> CheckResult:
    """What the numbers mean for a show; the worst is told. What the platform does not tell is not judged."""
    told: Facts = {
        name: round(value, 1)
        for name, value in (
            ("battery_percent", health.battery_percent),
            ("temperature_c", health.temperature_c),
            ("cpu_percent", health.machine_cpu_percent),
        )
        if value is not None
    }
    if health.is_plugged is not None:
        told["power"] = "mains" if health.is_plugged else "battery"
    battery = health.battery_percent if health.is_plugged is False else None
    verdict, finding, advice = Verdict.GOOD, "doctor.machine.good", ""
    if battery is not None and battery <= LOW_BATTERY_PERCENT:
        verdict, finding, advice = Verdict.BAD, "doctor.machine.battery_low", "doctor.machine.plug_in"
    elif health.temperature_c is not None and (health.temperature_c >= HOT_C or (health.over_limit_c or -1.0) >= 0.0):
        verdict, finding, advice = Verdict.WARN, "doctor.machine.hot", "doctor.machine.cool_down"
    elif health.machine_cpu_percent is not None and health.machine_cpu_percent >= _BUSY_PERCENT:
        verdict, finding, advice = Verdict.WARN, "doctor.machine.busy", "doctor.speed.close_programs"
    elif battery is not None and battery <= _BATTERY_FOR_A_SHOW_PERCENT:
        verdict, finding, advice = Verdict.WARN, "doctor.machine.on_battery", "doctor.machine.plug_in"
    elif not told:
        verdict, finding = Verdict.NOT_CHECKED, "doctor.machine.unknown"
    return CheckResult(Check.MACHINE, verdict, finding, told, advice)
