"""The real instruments of the doctor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import psutil

from encoder.doctor.doctor import Instruments
from encoder.encoders.catalogue import available_encoders
from encoder.machine_health import MachineHealth, read_health
from encoder.sources.opener import list_devices
from gshop_studio.engine_protocol import Device

_LOOK_S = 1.0


def real_instruments() -> Instruments:
    """Looks at this machine."""
    return Instruments(
        list_devices=_cameras_and_microphones, find_encoders=available_encoders, read_health=_read_health_of_others
    )


def _cameras_and_microphones() -> tuple[Sequence[Device], Sequence[Device]]:
    found = list_devices()
    return found[0], found[1]


def _read_health_of_others() -> MachineHealth:
    """Without what we take ourselves: looking is work, too. Blocks for a second."""
    own = psutil.Process()
    own.cpu_percent(None)
    health = read_health(look_s=_LOOK_S)
    own_percent = own.cpu_percent(None) / (os.cpu_count() or 1)
    if health.machine_cpu_percent is None:
        return health
    return replace(health, machine_cpu_percent=max(0.0, health.machine_cpu_percent - own_percent))
