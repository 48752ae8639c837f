"""A scene with people in its room, who hear what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.gshop_studio.server.shop import Listener, Shop, eventually
from tests.gshop_studio.server.walk.scene import Scene, scene_of


@dataclass
class Stage:
    scene: Scene
    listeners: Mapping[str, Listener]
    """By kind of person: `anonymous`, `viewer`, `host`, `moderator`."""
    expected: dict[str, Any]
    """What the event that was brought about holds, as far as the step knows."""

    @property
    def shop(self) -> Shop:
        return self.scene.shop

    async def join(self, stream_id: str) -> None:
        for listener in self.listeners.values():
            await listener.join(stream_id)

    async def host_asks(self, method: str, path: str, *, status: int = 200, **wish: Any) -> dict[str, Any]:
        """The host asks for something of the show."""
        request = {"json": wish} if wish else {}
        return await self.shop.ask(method, f"{self.scene.path}/{path}", self.scene.host, status=status, **request)

    async def heard(self, event: str, kinds: list[str]) -> dict[str, Any]:
        """What the last of these events said; all of them heard the same."""
        said = []
        for kind in kinds:
            found = await eventually(partial(self.listeners[kind].named, event), f"{event} at {kind}")
            said.append(found[-1])
        return said[0]

    async def leave(self) -> None:
        await asyncio.gather(*(listener.client.disconnect() for listener in self.listeners.values()))


async def stage_of(shop: Shop) -> Stage:
    scene = await scene_of(shop)
    listeners = {}
    for kind in ("anonymous", "viewer", "host", "moderator"):
        listeners[kind] = await shop.listener(await scene.person(kind))
    stage = Stage(scene, listeners, {})
    await stage.join(scene.stream_id)
    return stage
