"""How long it is from one moment to another, as both databases can say it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, cast, extract, func


def seconds_between(is_postgres: bool, earlier: Any, later: Any) -> ColumnElement[float]:
    """From one moment to another, in seconds."""
    if is_postgres:
        return cast(extract("epoch", later - earlier), Float)
    return (func.julianday(later) - func.julianday(earlier)) * 86400.0
