"""The real instruments of the doctor."""

from __future__ import annotations

from collections.abc import Sequence

from encoder.doctor.doctor import Instruments
from encoder.encoders.catalogue import available_encoders
from encoder.machine_health import read_health
from encoder.sources.opener import list_devices
from gshop_studio.engine_protocol import Device


def real_instruments() -> Instruments:
    """Looks at this machine."""
    return Instruments(list_devices=_cameras_and_microphones, find_encoders=available_encoders, read_health=read_health)


def _cameras_and_microphones() -> tuple[Sequence[Device], Sequence[Device]]:
    cameras, microphones, *_screens = list_devices()
    return cameras, microphones
