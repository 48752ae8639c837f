"""Who bears the VIP badge: who has bought from this host before, or is among the top fans."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.database import Transaction

REMEMBER_S = 60.0
_PEOPLE_LIMIT = 50_000
"""The one judged longest ago is forgotten."""
IsTopFan = Callable[[Transaction, str, str], Awaitable[bool]]
"""Whether, for this host, this person is among the top fans: (transaction, host id, user id)."""


async def _nobody(transaction: Transaction, host_id: str, user_id: str) -> bool:
    return False


class VipBadges:
    def __init__(self, is_top_fan: IsTopFan = _nobody, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._is_top_fan = is_top_fan
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[tuple[str, str], tuple[float, bool]] = OrderedDict()

    async def among(self, transaction: Transaction, host_id: str, user_ids: Iterable[str]) -> set[str]:
        """Which of these are VIPs of this host; as it was within the last minute."""
        people, now_s = set(user_ids), self._monotonic_s()
        known = {
            user_id: is_vip
            for user_id in people
            for judged_s, is_vip in [self._known.get((host_id, user_id), (float("-inf"), False))]
            if now_s - judged_s < REMEMBER_S
        }
        unknown = people - known.keys()
        if unknown:
            buyers = await MessageRepository(transaction).bought_before(host_id, unknown)
            for user_id in unknown:
                is_vip = user_id in buyers or await self._is_top_fan(transaction, host_id, user_id)
                known[user_id] = is_vip
                self._remember(host_id, user_id, now_s, is_vip)
        return {user_id for user_id, is_vip in known.items() if is_vip}

    def _remember(self, host_id: str, user_id: str, now_s: float, is_vip: bool) -> None:
        self._known[host_id, user_id] = (now_s, is_vip)
        self._known.move_to_end((host_id, user_id))
        while len(self._known) > _PEOPLE_LIMIT:
            self._known.popitem(last=False)
