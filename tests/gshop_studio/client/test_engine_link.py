"""The studio's end of the engine, against the real process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.client.engine_link import EngineGone, EngineLink, EngineRefused, EngineStartFailed
from gshop_studio.engine_protocol import ADDRESS_FILE, Command, EngineEvent, PreviewFrame


class Room:
    """A link and what it was told."""

    def __init__(self, control_dir: Path, command: list[str] | None = None) -> None:
        self.events: list[tuple[EngineEvent, dict[str, Any]]] = []
        self.losses = 0
        self.link = EngineLink(control_dir, on_event=self._on_event, on_lost=self._on_lost, command=command)

    def _on_event(self, event: EngineEvent, data: dict[str, Any]) -> None:
        self.events.append((event, data))

    def _on_lost(self) -> None:
        self.losses += 1

    def of(self, event: EngineEvent) -> list[dict[str, Any]]:
        return [data for kind, data in self.events if kind is event]


async def until(condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def room(control_dir: Path) -> AsyncIterator[Room]:
    opened = Room(control_dir)
    try:
        yield opened
    finally:
        await opened.link.shutdown()


async def test_an_engine_is_started_once_and_found_again(tmp_path: Path) -> None:
    async with room(tmp_path) as first:
        assert await first.link.attach() is False
        assert await first.link.start() is True
        pid = first.link.pid
        second = Room(tmp_path)
        assert await second.link.start() is False
        assert second.link.pid == pid
        await second.link.close()
        assert not second.link.is_connected and second.losses == 0
        assert (await first.link.request(Command.STATUS))["state"] == "idle"
        assert pid is not None and os.getsid(pid) != os.getsid(0), "it lives in a session of its own"
    assert not (tmp_path / ADDRESS_FILE).exists()


async def test_a_refusal_carries_the_fault_and_a_stranger_command_too(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.link.start()
        with pytest.raises(EngineRefused) as caught:
            await opened.link.request(Command.SET_SOURCES, {"video": "camera:No Such Camera"})
        assert caught.value.fault.code == "source.not_found"
        assert caught.value.fault.params["source"] == "camera No Such Camera"
        devices = await opened.link.request(Command.LIST_DEVICES)
        assert set(devices) == {"cameras", "microphones"}


async def test_preview_frames_are_read_and_given_back(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.link.start()
        await opened.link.request(Command.SET_SOURCES, {"video": "test", "audio": "tone"})
        await opened.link.start_preview(320, 320)
        await until(lambda: opened.of(EngineEvent.PREVIEW))
        seen = 0
        while seen < 10:
            await until(lambda: opened.of(EngineEvent.PREVIEW))
            for data in opened.of(EngineEvent.PREVIEW):
                frame = PreviewFrame(**data)
                pixels = opened.link.take_frame(frame)
                assert pixels is not None and len(pixels) == frame.width * frame.height * 4 == 320 * 180 * 4
                assert len(set(pixels[: 320 * 4 * 20])) > 1, "there is a picture"
                seen += 1
            opened.events.clear()
        assert opened.link.take_frame(PreviewFrame(7, 320, 180, 0)) is None
        assert opened.link.take_frame(PreviewFrame(0, 10**6, 180, 0)) is None
        await opened.link.stop_preview()


async def test_a_killed_engine_is_noticed_and_replaced(tmp_path: Path) -> None:
    """Case 64."""
    async with room(tmp_path) as opened:
        await opened.link.start()
        pid = opened.link.pid
        assert pid is not None
        asking = asyncio.create_task(opened.link.request(Command.STATUS))
        await asking
        os.kill(pid, signal.SIGKILL)
        await until(lambda: opened.losses == 1)
        assert not opened.link.is_connected
        with pytest.raises(EngineGone):
            await opened.link.request(Command.STATUS)
        began_s = asyncio.get_running_loop().time()
        assert await opened.link.start() is True
        assert opened.link.pid != pid
        assert asyncio.get_running_loop().time() - began_s < 10
        await opened.link.restart()
        assert (await opened.link.request(Command.STATUS))["state"] == "idle"
        assert opened.losses == 1, "a restart that was asked for is no loss"


async def test_a_stale_or_broken_address_is_no_engine(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for text in (
            "", "{", "[]", '{"pid": 1}', json.dumps({"pid": 1, "port": port, "token": "x"}),
            json.dumps({"pid": 1, "port": "x", "token": "x"}), json.dumps({"pid": 1, "port": 1, "token": "x"}),
        ):  # fmt: skip
            (tmp_path / ADDRESS_FILE).write_text(text)
            assert await Room(tmp_path).link.attach() is False


async def test_an_engine_that_cannot_start_is_told(tmp_path: Path) -> None:
    broken = Room(tmp_path, [sys.executable, "-c", "raise SystemExit(7)"])
    with pytest.raises(EngineStartFailed) as caught:
        await broken.link.start()
    assert caught.value.fault.code == "engine.start_failed"
    assert "7" in caught.value.fault.params["reason"]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can make somebody else's folder")
async def test_an_engine_in_somebody_elses_folder_is_not_told_the_key(tmp_path: Path) -> None:
    control_dir = tmp_path / "control"
    control_dir.mkdir()
    os.chown(control_dir, 65534, 65534)
    with pytest.raises(EngineStartFailed) as caught:
        await Room(control_dir).link.start()
    assert "somebody else" in caught.value.fault.params["reason"]
    assert list(control_dir.iterdir()) == []
