"""How many events come in: of one socket, and, however often it reconnects and to whichever server, of one person or,
for the anonymous, one address.
"""

from __future__ import annotations

import math

from limits import parse

from gshop_studio.server.rate_limits import RateLimits
from gshop_studio.server.realtime.event_pace import EventPace

_PERSON_FACTOR = 2
"""Somebody with the studio and a page open."""
_ADDRESS_FACTOR = 20
"""A household, an office or a whole mobile network behind one address."""
_CODE = "event.rate_limited"


class EventLimits:
    def __init__(self, rate: str, limits: RateLimits) -> None:
        """`rate`: of one socket."""
        item = parse(rate)
        self._allowance, self._per_s = item.amount, float(item.get_expiry())
        seconds = math.ceil(self._per_s)
        self._of_person = limits.limit(f"{item.amount * _PERSON_FACTOR}/{seconds} seconds", "events", _CODE)
        self._of_address = limits.limit(f"{item.amount * _ADDRESS_FACTOR}/{seconds} seconds", "anonymous events", _CODE)

    def pace(self) -> EventPace:
        """For a new socket."""
        return EventPace(self._allowance, self._per_s)

    async def hit(self, user_id: str | None, address: str) -> None:
        """Count an event.

        Raises:
            Refused: `event.rate_limited`.
        """
        if user_id is not None:
            await self._of_person.hit(user_id)
        else:
            await self._of_address.hit(address)
