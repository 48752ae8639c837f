"""Whether the server can do its work: each thing it uses is asked, with little patience."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from gshop_studio.server.stopping import stop

CHECK_S = 2.0
"""What does not answer within this time has failed."""
_ASK_EVERY_S = 15.0
"""For the metrics, which are read without waiting."""
_NEEDED = frozenset({"database"})
"""Without the rest the server works on, if not as well."""

Check = Callable[[], Awaitable[bool]]


class ComponentState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNUSED = "unused"


class ReadyStatus(StrEnum):
    READY = "ready"
    DEGRADED = "degraded"
    """Something it can do without has failed."""
    UNREADY = "unready"


class Readiness:
    """Not ready either once it is told that the server stops: nobody is to be sent here any more."""

    def __init__(self, checks: Mapping[str, Check | None]) -> None:
        """`checks` by the component's name; None for what this server does not use."""
        self._checks = dict(checks)
        self._last: dict[str, ComponentState] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="readiness")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None

    def stop(self) -> None:
        self.is_stopping = True

    async def ask(self) -> dict[str, ComponentState]:
        """The state of each component, all asked at once."""
        states = await asyncio.gather(*(_state(check) for check in self._checks.values()))
        self._last = dict(zip(self._checks, states, strict=True))
        return self._last

    def status_of(self, states: Mapping[str, ComponentState]) -> ReadyStatus:
        failed = {name for name, state in states.items() if state is ComponentState.FAILED}
        if self.is_stopping or failed & _NEEDED:
            return ReadyStatus.UNREADY
        return ReadyStatus.DEGRADED if failed else ReadyStatus.READY

    def are_ok(self) -> dict[str, int]:
        """1 or 0 for each component this server uses, as it was when last asked."""
        used = ((name, state) for name, state in self._last.items() if state is not ComponentState.UNUSED)
        return {name: int(state is ComponentState.OK) for name, state in used}

    async def _run(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(_ASK_EVERY_S)


async def _state(check: Check | None) -> ComponentState:
    if check is None:
        return ComponentState.UNUSED
    try:
        async with asyncio.timeout(CHECK_S):
            return ComponentState.OK if await check() else ComponentState.FAILED
    except TimeoutError:
        return ComponentState.FAILED
