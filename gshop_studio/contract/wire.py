"""The base of every body: camelCase keys, unknown fields refused in requests, UTC time stamps ending in Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def to_wire_time(moment: datetime) -> str:
    """ISO 8601, UTC, milliseconds, Z: 2026-11-22T17:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(to_wire_time, return_type=str, when_used="json")]
"""A moment; aware, serialised as the contract says."""


class Answer(BaseModel):
    """A body the server sends. Unknown fields are passed over by the clients, so that a newer server can add some."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Request(BaseModel):
    """A body a client sends. Unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", str_strip_whitespace=True
    )
