"""How far an attempt to publish came."""

from __future__ import annotations

from enum import IntEnum


class Reached(IntEnum):
    NOTHING = 0
    HOST = 1
    """TCP was open."""
    ACCEPTED = 2
    """The publish was accepted."""
    LIVE = 3
    """Media is known to have arrived."""
