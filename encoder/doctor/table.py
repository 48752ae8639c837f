"""A report as lines for a terminal."""

from __future__ import annotations

import textwrap

from gshop_studio.doctor_texts import check_name, tell_recommendation, tell_result, verdict_word
from gshop_studio.domain.doctor_report import Check, DoctorReport, Verdict

_GAP = 2
_LEAST_TEXT = 30


def table(report: DoctorReport, language: str, width: int) -> list[str]:
    """Verdict, what was looked at, what was found and what to do; wrapped to `width` columns."""
    first = max(len(verdict_word(verdict, language)) for verdict in Verdict) + _GAP
    second = max(len(check_name(check, language)) for check in Check) + _GAP
    room = max(_LEAST_TEXT, width - first - second)
    lines: list[str] = []
    for result in report.results:
        words = verdict_word(result.verdict, language).ljust(first) + check_name(result.check, language).ljust(second)
        for part in textwrap.wrap(tell_result(result, language), room, break_long_words=False) or [""]:
            lines.append(f"{words}{part}".rstrip())
            words = " " * (first + second)
    recommendation = tell_recommendation(report, language)
    return [*lines, "", recommendation] if recommendation else lines
