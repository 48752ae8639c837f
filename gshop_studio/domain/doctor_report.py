"""What the doctor found: a result for each check and the quality it advises. Values only, and how they travel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gshop_studio.domain.quality import Quality

Facts = dict[str, str | float]


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    ENCODERS = "encoders"
    SPEED = "speed"
    UPLOAD = "upload"
    DISK = "disk"
    MACHINE = "machine"


class Verdict(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's outcome. Never holds a stream key."""

    check: Check
    verdict: Verdict
    finding: str
    """A code whose text says what was found: one of `doctor_texts`, or a fault's."""
    facts: Facts = field(default_factory=dict)
    """What was measured, and what the texts need; numbers carry their unit in the name."""
    advice: str = ""
    """A code whose text says what to do; empty where there is nothing to do, or the finding's text says it."""

    def number(self, name: str) -> float | None:
        """A fact that is a number."""
        value = self.facts.get(name)
        return float(value) if isinstance(value, int | float) else None

    def to_wire(self) -> dict[str, Any]:
        """As JSON's types."""
        return {
            "check": self.check.value,
            "verdict": self.verdict.value,
            "finding": self.finding,
            "facts": dict(self.facts),
            "advice": self.advice,
        }

    @classmethod
    def from_wire(cls, data: Any) -> CheckResult:
        """From JSON's types.

        Raises:
            ValueError: it is not a result.
        """
        if not isinstance(data, dict) or not isinstance(data.get("facts", {}), dict):
            raise ValueError("result")
        facts: Facts = {}
        for name, value in data.get("facts", {}).items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise ValueError(f"facts.{name}")
            if not isinstance(value, str) and not math.isfinite(value):
                raise ValueError(f"facts.{name}")
            facts[str(name)] = value
        finding, advice = data.get("finding"), data.get("advice", "")
        if not isinstance(finding, str) or not isinstance(advice, str):
            raise ValueError("finding")
        return cls(Check(str(data.get("check"))), Verdict(str(data.get("verdict"))), finding, facts, advice)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All results, in the order of `Check`."""

    results: tuple[CheckResult, ...] = ()
    recommended_quality: Quality | None = None
    """None: not even the lowest one can be carried, or too little was checked to say."""

    @property
    def has_bad(self) -> bool:
        """Whether something must be mended before a show."""
        return any(result.verdict is Verdict.BAD for result in self.results)

    def result(self, check: Check) -> CheckResult | None:
        """That check's, if it was done."""
        return next((one for one in self.results if one.check is check), None)

    def to_wire(self) -> dict[str, Any]:
        """As JSON's types."""
        quality = self.recommended_quality
        return {
            "results": [one.to_wire() for one in self.results],
            "recommended_quality": quality.value if quality is not None else None,
        }

    @classmethod
    def from_wire(cls, data: Any) -> DoctorReport:
        """From JSON's types.

        Raises:
            ValueError: it is not a report.
        """
        if not isinstance(data, dict) or not isinstance(data.get("results"), list):
            raise ValueError("report")
        quality = data.get("recommended_quality")
        return cls(
            tuple(CheckResult.from_wire(one) for one in data["results"]),
            Quality(quality) if quality is not None else None,
        )


def in_order(results: list[CheckResult]) -> tuple[CheckResult, ...]:
    """Results as they are told."""
    return tuple(sorted(results, key=lambda one: list(Check).index(one.check)))
