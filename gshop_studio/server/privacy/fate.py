"""What becomes of a table's columns, and by which rules, when a person is erased. `fates` says it of each table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Table

NOBODY_ID = "00000000-0000-7000-8000-00000e7a5ed0"
"""Whose the rows are that outlive their person: one row of `users` that stands for all who are gone."""
NOBODYS_NAME = "—"

NOW = object()
"""Stands for the moment of the erasure."""

Value = Any | Callable[[Table], ColumnElement[Any]]
"""What a column is set to; or an expression over the row."""


class Fate(StrEnum):
    ERASED = "erased"
    """Nothing of it is left."""
    ANONYMISED = "anonymised"
    """Nobody's from then on."""
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Personal:
    """A column that says something of a person."""

    fate: Fate
    why: str = ""
    """Of what is kept: why, and for how long."""


ERASED = Personal(Fate.ERASED)
ANONYMISED = Personal(Fate.ANONYMISED)


def kept(why: str) -> Personal:
    return Personal(Fate.KEPT, why)


@dataclass(frozen=True, slots=True)
class Delete:
    """Rows in which the column `of` names the person go."""

    of: str


@dataclass(frozen=True, slots=True)
class Change:
    """Rows in which the column `of` names the person get other values."""

    of: str
    to: Mapping[str, Value]
    linked_by: str | None = None
    """Also the rows that have this column in common with theirs."""


@dataclass(frozen=True, slots=True)
class DeleteWithShow:
    """Rows that belong, by `stream_id`, to a show the person hosted go."""

    of: str = "stream_id"


@dataclass(frozen=True, slots=True)
class DeleteVia:
    """Rows whose column `of` holds the key of a row of another table, `parent`, that is the person's, go."""

    of: str
    parent: str
    owner: str = "user_id"


@dataclass(frozen=True, slots=True)
class ChangeVia:
    """Rows whose column `of` holds the key of a row of another table, `parent`, that is the person's, get other
    values."""

    of: str
    parent: str
    to: Mapping[str, Value]
    owner: str = "user_id"


@dataclass(frozen=True, slots=True)
class TakeOff:
    """The person is taken off the list of ids in the column `of`, whosever row it is."""

    of: str


Rule = Delete | Change | DeleteWithShow | DeleteVia | ChangeVia | TakeOff


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what a person is handed: rows in which one of the columns `of` names them, without `hidden`."""

    name: str
    of: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    via: tuple[str, str] | None = None
    """Where the rows name a row of another table that is the person's: by which column of theirs, and which table."""


@dataclass(frozen=True, slots=True)
class TableFate:
    """Each column is either in `plain` (says nothing of anybody) or in `personal`."""

    plain: frozenset[str]
    personal: Mapping[str, Personal]
    rules: tuple[Rule, ...] = ()
    sections: tuple[Section, ...] = ()
    why_not_handed_out: str = ""
    """Of a table that says something of people, and of which they are handed nothing."""

    @property
    def owners(self) -> tuple[str, ...]:
        """The columns that name the persons the rules speak of."""
        return tuple(dict.fromkeys(rule.of for rule in self.rules if isinstance(rule, Delete | Change)))


def fate(
    plain: str,
    rules: tuple[Rule, ...] = (),
    sections: tuple[Section, ...] = (),
    why_not_handed_out: str = "",
    **personal: Personal,
) -> TableFate:
    """`plain`: names of columns with blanks between."""
    return TableFate(frozenset(plain.split()), personal, rules, sections, why_not_handed_out)


def section(name: str, *of: str, without: str = "", via: tuple[str, str] | None = None) -> Section:
    return Section(name, of, frozenset(without.split()), via)
