"""Which video encoders can be opened on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from encoder.encoders.encoder_settings import SOFTWARE_ENCODER
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict


class FoundEncoder(Protocol):
    """What the catalogue of encoders tells of each."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def is_hardware(self) -> bool: ...


def check_encoders(find: Callable[[], Sequence[FoundEncoder]]) -> CheckResult:
    """Open each one that the libraries have. Blocks."""
    found = find()
    hardware = [one for one in found if one.is_hardware]
    facts: Facts = {"encoders": _named(found), "hardware_count": float(len(hardware))}
    if not any(one.id == SOFTWARE_ENCODER for one in found):
        return CheckResult(Check.ENCODERS, Verdict.BAD, "doctor.encoders.none", facts, "doctor.encoders.reinstall")
    if not hardware:
        return CheckResult(Check.ENCODERS, Verdict.GOOD, "doctor.encoders.software", facts)
    facts["hardware"] = _named(hardware)
    return CheckResult(Check.ENCODERS, Verdict.GOOD, "doctor.encoders.hardware", facts)


def _named(encoders: Sequence[FoundEncoder]) -> str:
    """Each with the id by which `broadcast --encoder` takes it."""
    return ", ".join(f"{one.label} ({one.id})" for one in encoders)
