"""What the documents say is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gshop_studio.contract.event_payloads import CLIENT_EVENTS, SERVER_EVENTS
from tests.gshop_studio.server.walk.endpoints import APART, API, ENDPOINTS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CASES = 67
REFERENCE = (DOCS / "rest-and-events.md").read_text()


# --- docs/cases.md --------------------------------------------------------------------------------------------


def cases() -> Iterator[tuple[range, str]]:
    """Each row: its numbers, and the rest."""
    for first, last, rest in re.findall(r"^\| (\d+)(?: to (\d+))? \| (.*) \|$", (DOCS / "cases.md").read_text(), re.M):
        yield range(int(first), int(last or first) + 1), rest


def names_of_tests(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)}


def test_every_case_has_one_row_in_order() -> None:
    assert [number for numbers, _ in cases() for number in numbers] == list(range(1, CASES + 1))


@pytest.mark.parametrize(("numbers", "rest"), [pytest.param(*case, id=f"case {case[0][0]}") for case in cases()])
def test_a_cases_tests_are_there_and_carry_its_number(numbers: range, rest: str) -> None:
    named = re.findall(r"`([^`]+\.py)::([^`]+)`", rest)
    assert named or rest.endswith("not built yet")
    for file, name in named:
        path = ROOT / "tests" / file
        assert name == "*" or name in names_of_tests(path), f"{file}::{name}"
    texts = [(ROOT / "tests" / file).read_text() for file, _ in named]
    for number in numbers if named else ():
        carries = re.compile(rf"[Cc]ases? (\d+(, | and |, case ))*{number}\b")
        assert all(carries.search(text) for text in texts), f"grep -rn 'case {number}'"


# --- docs/rest-and-events.md ----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [*map(str, CLIENT_EVENTS), *map(str, SERVER_EVENTS)])
def test_every_event_is_in_the_reference(event: str) -> None:
    """In full, or by its end in a row of its kind."""
    assert f"`{event}`" in REFERENCE or f"`:{event.rpartition(':')[2]}`" in REFERENCE


@pytest.mark.parametrize("endpoint", [*(endpoint.name for endpoint in ENDPOINTS), *APART])
def test_every_endpoint_is_in_the_reference(endpoint: str) -> None:
    """By its method, and by its path or the end of it."""
    method, _, path = endpoint.partition(" ")
    ends = [part for part in path.removeprefix(API).split("/") if part]
    while ends and ends[-1].startswith("{"):
        ends.pop()
    rows = [line for line in REFERENCE.splitlines() if line.startswith("| ") and re.search(rf"/{ends[-1]}\b", line)]
    assert any(re.search(rf"\b{method}\b", row) for row in rows), ends
