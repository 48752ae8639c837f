"""Somebody who is spoken of, not who is asking: whom a moderator acts on, whom a host names."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.contract.rest import Role


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    role: Role
    display_name: str
    avatar_url: str | None
    opaque_id: str
    """As `Caller.opaque_id`."""
