"""Who may fetch a show's media, while that changes."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from starlette.types import Message

from gshop_studio.server.playback_gate import PlaybackGate


class Shows:
    """One show; what is asked of it is answered when the test says so, as it was when it was asked."""

    def __init__(self) -> None:
        self.is_private_now = False
        self.may_answer = asyncio.Event()
        self.asked_count = 0

    async def is_private(self, _stream_id: str) -> bool:
        self.asked_count += 1
        is_private = self.is_private_now
        await self.may_answer.wait()
        return is_private


async def status_of(gate: PlaybackGate) -> int:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/live/show/index.m3u8", "headers": []}
    await gate(scope, cast(Any, None), send)
    return int(sent[0]["status"])


async def playback(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def test_an_answer_overtaken_by_a_change_is_not_kept() -> None:
    """A show made private while its privacy is read is closed to the next request."""
    shows = Shows()
    gate = PlaybackGate(playback, cast(Any, shows), cast(Any, None), lambda: 0.0)
    before = asyncio.create_task(status_of(gate))
    await asyncio.sleep(0)
    assert shows.asked_count == 1
    shows.is_private_now = True
    gate.forget("show")
    shows.may_answer.set()
    await before
    assert await gate._is_private_show("show")
    assert await gate._is_private_show("show")
    assert shows.asked_count == 2, "the newer answer is kept"
