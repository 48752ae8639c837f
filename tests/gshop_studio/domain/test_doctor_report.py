"""The report travels as it is, and nonsense is no report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict, in_order
from gshop_studio.domain.quality import Quality

facts = st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False))
results = st.builds(
    CheckResult, st.sampled_from(Check), st.sampled_from(Verdict), st.text(max_size=8), facts, st.text(max_size=8)
)
reports = st.builds(
    DoctorReport, st.lists(results, max_size=4).map(tuple), st.none() | st.sampled_from(Quality)
)  # fmt: skip


@given(reports)
def test_a_report_survives_the_wire(report: DoctorReport) -> None:
    assert DoctorReport.from_wire(json.loads(json.dumps(report.to_wire()))) == report


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["results", "recommended_quality", "check", "verdict", "finding", "facts", "advice"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_anything_else_is_refused_or_is_a_report(data: Any) -> None:
    try:
        DoctorReport.from_wire(data).to_wire()
    except ValueError:
        pass


@pytest.mark.parametrize(
    "facts", [{"a": None}, {"a": True}, {"a": [1]}, {"a": float("nan")}, {"a": float("inf")}, [], "x"]
)
def test_facts_are_words_and_numbers(facts: Any) -> None:
    result = {"check": "disk", "verdict": "good", "finding": "x", "facts": facts}
    with pytest.raises(ValueError):
        CheckResult.from_wire(result)


def test_results_are_told_in_one_order() -> None:
    mixed = [CheckResult(check, Verdict.GOOD, "x") for check in reversed(Check)]
    assert [one.check for one in in_order(mixed)] == list(Check)


def test_a_report_with_something_bad_says_so() -> None:
    good = CheckResult(Check.DISK, Verdict.GOOD, "x", {"free_gb": 3.0, "path": "/"})
    report = DoctorReport((good, CheckResult(Check.UPLOAD, Verdict.BAD, "y")))
    assert report.has_bad and not DoctorReport((good,)).has_bad
    assert report.result(Check.DISK) is good and report.result(Check.CAMERA) is None
    assert (good.number("free_gb"), good.number("path"), good.number("none")) == (3.0, None, None)
