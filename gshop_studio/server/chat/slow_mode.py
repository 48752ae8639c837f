"""Slow mode: how long each author of a show waits between two messages. Pure: what is known is handed in.

The moments come from the database, so that neither another connection nor another server makes it shorter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from gshop_studio.server.refusals import Refused


class SlowMode:
    def __init__(self, wait_s: int, last_said: Mapping[str, datetime]) -> None:
        """`last_said`: when each author last wrote; what another server's clock calls later than now is now."""
        self._wait_s = wait_s
        self._last_said = dict(last_said)

    def pass_by(self, user_id: str, now: datetime) -> None:
        """Let this author write now, once.

        Raises:
            Refused: `chat.slow_mode`: too early.
        """
        last = self._last_said.get(user_id)
        if last is not None:
            left_s = self._wait_s - (now - min(last, now)).total_seconds()
            if left_s > 0:
                raise Refused(
                    "chat.slow_mode", params={"seconds": str(self._wait_s)}, retry_after_s=max(1, math.ceil(left_s))
                )
        self._last_said[user_id] = now
