"""Whether the server can do its work: each thing it needs is asked, with little patience."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

CHECK_S = 2.0
"""What does not answer within this time has failed."""

Check = Callable[[], Awaitable[bool]]


class ComponentState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNUSED = "unused"


class Readiness:
    """Not ready either once it is told that the server stops: nobody is to be sent here any more."""

    def __init__(self, checks: Mapping[str, Check | None]) -> None:
        """`checks` by the component's name; None for what this server does not use."""
        self._checks = dict(checks)
        self.is_stopping = False

    def stop(self) -> None:
        self.is_stopping = True

    async def ask(self) -> dict[str, ComponentState]:
        """The state of each component, all asked at once."""
        states = await asyncio.gather(*(_state(check) for check in self._checks.values()))
        return dict(zip(self._checks, states, strict=True))


async def _state(check: Check | None) -> ComponentState:
    if check is None:
        return ComponentState.UNUSED
    try:
        async with asyncio.timeout(CHECK_S):
            return ComponentState.OK if await check() else ComponentState.FAILED
    except TimeoutError:
        return ComponentState.FAILED
