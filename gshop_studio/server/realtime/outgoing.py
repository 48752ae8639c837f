"""An event on its way to those it is for, on this server and on others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gshop_studio.contract.events import Room

NO_SHOW = ""
"""Stands for the id of a show in what is for a person wherever they are."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way to a show's room, or, with `person`, to the sockets of one person in it (in `NO_SHOW`: to all
    of their sockets)."""

    stream_id: str
    event: str
    data: dict[str, Any]
    room: Room = Room.EVERYBODY
    person: str | None = None
    is_last: bool = False
    """The person's sockets leave the room after it: they were banned."""
    is_for_here: bool = False
    """Other servers say it to theirs by themselves."""

    @property
    def seq(self) -> int | None:
        """Its place among the room's lasting events; None for one that has none."""
        value = self.data.get("seq")
        return value if type(value) is int and self.person is None else None


def encode(outgoing: Outgoing, sender: str) -> str:
    """As JSON, for the bus."""
    return json.dumps(
        {
            "from": sender,
            "stream": outgoing.stream_id,
            "event": outgoing.event,
            "data": outgoing.data,
            "room": outgoing.room.value,
            "person": outgoing.person,
            "last": outgoing.is_last,
        },
        separators=(",", ":"),
    )


def decode(text: str | bytes) -> tuple[str, Outgoing]:
    """What came from the bus, and from which server.

    Raises:
        ValueError: it is not one of ours. What comes is data, never code (case 10).
    """
    try:
        read = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(read, dict):
        raise ValueError("not an object")
    sender, stream_id, event = (_text(read, key) for key in ("from", "stream", "event"))
    data, person, is_last = read.get("data"), read.get("person"), read.get("last")
    if not isinstance(data, dict) or not isinstance(is_last, bool) or not isinstance(person, str | None):
        raise ValueError("not an event")
    return sender, Outgoing(stream_id, event, data, Room(_text(read, "room")), person, is_last)


def _text(read: dict[str, Any], key: str) -> str:
    value = read.get(key)
    if not isinstance(value, str):
        raise ValueError(f"no {key}")
    return value
