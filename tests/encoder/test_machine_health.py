"""Battery and heat: told once an episode, and nothing where the platform does not tell."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from collections import namedtuple
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.machine_health import HealthWatch, MachineHealth, read_health
from gshop_studio.engine_protocol import Fault

# As psutil documents them.
Battery = namedtuple("Battery", ["percent", "secsleft", "power_plugged"])
Temperature = namedtuple("Temperature", ["label", "current", "high", "critical"])


def a_laptop(percent: float = 80, *, is_plugged: bool | None = False, core_c: float = 60) -> SimpleNamespace:
    return SimpleNamespace(
        sensors_battery=lambda: Battery(percent, 3600, is_plugged),
        sensors_temperatures=lambda: {
            "coretemp": [
                Temperature("Package id 0", core_c, 86.0, 100.0),
                Temperature("Core 0", core_c - 3, 86.0, 100.0),
            ],
            "nvme": [Temperature("Composite", 45.0, 65261.85, None)],
            "iwlwifi_1": [Temperature("", 50.0, None, None)],
            "acpitz": [Temperature("", 0.0, None, None)],
        },
        cpu_percent=lambda interval: 12.5,
    )


def test_this_machine_is_read_without_an_error() -> None:
    health = read_health()
    assert health.machine_cpu_percent is not None and 0 <= health.machine_cpu_percent <= 100 * (psutil.cpu_count() or 1)
    assert health.battery_percent is None or 0 <= health.battery_percent <= 100


def test_a_busy_processor_is_told_whichever_thread_asks() -> None:
    """Each look is on a thread of its own, as in the engine. It was 0 on every one of them."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    told: list[float | None] = []
    try:
        for _ in range(2):
            look = threading.Thread(target=lambda: told.append(read_health().machine_cpu_percent))
            look.start()
            look.join()
    finally:
        busy.kill()
        busy.wait()
    assert len(told) == 2 and all(told), told


def test_psutil_gives_what_these_tests_pretend() -> None:
    """The contract: the names of psutil's own tuples."""
    try:
        tuples = importlib.import_module("psutil._ntuples")
    except ImportError:
        tuples = importlib.import_module("psutil._common")
    battery, temperature = tuples.sbattery, tuples.shwtemp
    assert battery._fields == Battery._fields
    assert temperature._fields == Temperature._fields


def test_a_laptop_tells_battery_heat_and_load() -> None:
    assert read_health(a_laptop()) == MachineHealth(80, False, 60, -26.0, 12.5)


def test_a_machine_without_sensors_tells_nothing() -> None:
    without = SimpleNamespace(cpu_percent=lambda interval: 1.0)
    empty = SimpleNamespace(sensors_battery=lambda: None, sensors_temperatures=dict, cpu_percent=lambda interval: 1.0)
    assert read_health(without) == read_health(empty) == MachineHealth(machine_cpu_percent=1.0)


def test_a_sensor_that_cannot_be_read_is_none() -> None:
    def broken() -> None:
        raise FileNotFoundError("/sys/class/hwmon/hwmon3/temp1_input")

    source = SimpleNamespace(sensors_battery=broken, sensors_temperatures=broken, cpu_percent=lambda interval: 1.0)
    assert read_health(source) == MachineHealth(machine_cpu_percent=1.0)


def faults_of(*looks: SimpleNamespace) -> list[str]:
    watch = HealthWatch()
    return [fault.code for look in looks for fault in watch.look(read_health(look))]


def test_a_low_battery_is_told_once() -> None:
    watch = HealthWatch()
    assert watch.look(read_health(a_laptop(20))) == []
    assert watch.look(read_health(a_laptop(19))) == [Fault("machine.battery_low", {"percent": "19"})]
    assert watch.look(read_health(a_laptop(18))) == []


def test_a_battery_about_the_limit_is_not_told_again_until_it_was_charged() -> None:
    assert faults_of(a_laptop(19), a_laptop(21), a_laptop(19)) == ["machine.battery_low"]
    assert faults_of(a_laptop(19), a_laptop(21, is_plugged=True), a_laptop(19)) == ["machine.battery_low"] * 2


def test_a_plugged_laptop_may_be_empty() -> None:
    assert faults_of(a_laptop(3, is_plugged=True)) == []


def test_heat_is_told_once_until_it_has_cooled_down() -> None:
    watch = HealthWatch()
    assert watch.look(read_health(a_laptop(core_c=85))) == []
    assert watch.look(read_health(a_laptop(core_c=86))) == [Fault("machine.hot", {"temperature": "86"})]
    assert watch.look(read_health(a_laptop(core_c=83))) == watch.look(read_health(a_laptop(core_c=87))) == []
    assert watch.look(read_health(a_laptop(core_c=70))) == []
    assert watch.look(read_health(a_laptop(core_c=90))) != []


@pytest.mark.parametrize(("current", "is_hot"), [(89.0, False), (91.0, True)])
@pytest.mark.parametrize("high", [None, 0.0, 65261.85])
def test_a_sensor_without_a_limit_of_its_own_is_hot_at_90(current: float, is_hot: bool, high: float | None) -> None:
    source = SimpleNamespace(
        sensors_temperatures=lambda: {"cpu_thermal": [Temperature("", current, high, None)]},
        cpu_percent=lambda interval: 1.0,
    )
    assert faults_of(source) == (["machine.hot"] if is_hot else [])


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans(), st.integers(1, 120))))
def test_no_fault_is_told_twice_in_a_row(looks: list[tuple[int, bool, int]]) -> None:
    """Between two of a kind there was a look in which it was over."""
    watch = HealthWatch()
    for percent, is_plugged, core_c in looks:
        health = read_health(a_laptop(percent, is_plugged=is_plugged, core_c=core_c))
        watch.look(health)
        assert watch.look(health) == []
