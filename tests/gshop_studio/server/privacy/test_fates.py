"""The registry of personal data names every column there is, and what it says of each is also done and documented."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from gshop_studio.contract.privacy import DataExport
from gshop_studio.server.privacy.fate import (
    Change,
    ChangeVia,
    Delete,
    DeleteVia,
    DeleteWithShow,
    Fate,
    TableFate,
    TakeOff,
)
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.tables import Base

TABLES = Base.metadata.tables
DOCS = Path(__file__).parents[4] / "docs" / "privacy.md"
OF_EVENTS = {"live_stream_events", "live_stream_staff_events"}
"""Whose data `event_eraser` changes, object by object."""
OF_ITSELF = {"erasures"}
"""Emptied when an erasure is done."""
every_table = pytest.mark.parametrize("name", FATES)


def test_every_column_of_every_table_is_named() -> None:
    """A new column has to be thought about: add it to `privacy/fates.py` and to docs/privacy.md."""
    named = {f"{name}.{column}" for name, fate in FATES.items() for column in (*fate.plain, *fate.personal)}
    there = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    assert there - named == set(), "not named in privacy/fates.py"
    assert named - there == set(), "named in privacy/fates.py, and gone"


@every_table
def test_who_is_named_by_a_column_is_personal(name: str) -> None:
    fate = FATES[name]
    assert not fate.plain & set(fate.personal)
    for column in TABLES[name].columns:
        if any(key.column.table.name == "users" for key in column.foreign_keys):
            assert column.name in fate.personal, column.name


@every_table
def test_what_is_said_to_be_done_has_a_rule_that_does_it(name: str) -> None:
    fate = FATES[name]
    for column, personal in fate.personal.items():
        if personal.fate is Fate.KEPT:
            assert personal.why, column
        elif name not in OF_EVENTS | OF_ITSELF:
            assert any(does(rule, column) for rule in fate.rules), f"nothing is done about {name}.{column}"


def does(rule: object, column: str) -> bool:
    match rule:
        case Delete() | DeleteWithShow() | DeleteVia():
            return True
        case Change(to=to) | ChangeVia(to=to):
            return column in to
        case TakeOff(of=of):
            return column == of
    return False


def test_each_comes_before_what_it_belongs_to() -> None:
    """Rows are found by whose they are, so whose they are is forgotten last."""
    order = list(FATES)
    for name, fate in FATES.items():
        for rule in fate.rules:
            if isinstance(rule, DeleteVia | ChangeVia):
                assert order.index(name) < order.index(rule.parent)
            if isinstance(rule, DeleteWithShow):
                assert order.index(name) < order.index("live_streams")
    assert order[-1] == "users"


def test_the_contract_names_every_section_of_the_export() -> None:
    names = [section.name for fate in FATES.values() for section in fate.sections]
    assert len(set(names)) == len(names)
    needed = {field.alias or name for name, field in DataExport.model_fields.items()} - {"format", "exportedAt"}
    assert needed == set(names)


@every_table
def test_it_is_documented(name: str) -> None:
    if FATES[name].personal:
        assert row_of(name, FATES[name]) in DOCS.read_text().splitlines()


def row_of(name: str, fate: TableFate) -> str:
    """The table's row of docs/privacy.md."""
    of_fate = sorted(fate.personal.items(), key=lambda each: (list(Fate).index(each[1].fate), each[1].why))
    cells = [
        f"{', '.join(column for column, _ in columns)}: {kind[0]}" + (f" ({kind[1]})" if kind[1] else "")
        for kind, columns in groupby(of_fate, key=lambda each: (each[1].fate.value, each[1].why))
    ]
    return f"| {name} | {'; '.join(cells)} |"
