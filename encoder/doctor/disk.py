"""Whether the recordings' folder can be written and has room for a show."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from encoder.errors import reason_of
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict
from gshop_studio.domain.quality import DEFAULT_QUALITY, Quality
from gshop_studio.domain.quality_advice import needed_kbps

_FEW_MINUTES = 20.0
_SHORT_MINUTES = 120.0


def check_disk(folder: Path, quality: Quality = DEFAULT_QUALITY) -> CheckResult:
    """Free space, as minutes of a recording. Blocks: a network folder may hang. Nothing is left behind."""
    facts: Facts = {"path": str(folder)}
    existing = _nearest_existing(folder)
    try:
        with tempfile.TemporaryFile(dir=existing):  # told by doing it: access rights alone do not tell of a mount
            pass
        free_bytes = shutil.disk_usage(existing).free
    except OSError as error:
        facts["reason"] = reason_of(error)
        return CheckResult(Check.DISK, Verdict.BAD, "doctor.disk.unwritable", facts, "doctor.disk.other_folder")
    minutes = free_bytes * 8 / 1000 / needed_kbps(quality) / 60
    facts |= {
        "free_gb": round(free_bytes / 1e9, 1),
        "minutes": float(int(minutes)),
        "hours": float(int(minutes / 60)),
        "quality": quality.value,
    }
    if minutes < _FEW_MINUTES:
        return CheckResult(Check.DISK, Verdict.BAD, "doctor.disk.full", facts, "doctor.disk.make_room")
    if minutes < _SHORT_MINUTES:
        return CheckResult(Check.DISK, Verdict.WARN, "doctor.disk.short", facts, "doctor.disk.make_room")
    return CheckResult(Check.DISK, Verdict.GOOD, "doctor.disk.good", facts)


def _nearest_existing(folder: Path) -> Path:
    """The folder, or the one it would be made in."""
    for candidate in (folder, *folder.parents):
        if os.path.isdir(candidate):
            return candidate
    return folder
