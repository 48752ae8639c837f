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

from gshop_studio.client.engine_client import Devices, EngineClient
from gshop_studio.client.engine_link import (
    LONG_TIMEOUTS_S,
    REQUEST_TIMEOUT_S,
    EngineGone,
    EngineLink,
    EngineRefused,
    EngineStartFailed,
)
from gshop_studio.engine_protocol import (
    ADDRESS_FILE,
    Command,
    Device,
    EngineEvent,
    EngineStatus,
    Fault,
    Meters,
    PreviewFrame,
    decode_line,
    encode_line,
)


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
        assert {"cameras", "microphones"} <= set(devices)


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


class Listener:
    """Writes down what the engine reports."""

    def __init__(self) -> None:
        self.devices: list[Devices] = []
        self.notices: list[Fault] = []
        self.losses = 0

    def status_came(self, status: EngineStatus) -> None: ...
    def meters_came(self, meters: Meters) -> None: ...
    def preview_came(self, frame: PreviewFrame) -> None: ...

    def devices_came(self, devices: Devices) -> None:
        self.devices.append(devices)

    def notice_came(self, fault: Fault) -> None:
        self.notices.append(fault)

    def engine_lost(self) -> None:
        self.losses += 1


@asynccontextmanager
async def scripted_engine(control_dir: Path, events: list[dict[str, Any]]) -> AsyncIterator[list[dict[str, Any]]]:
    """Lets anybody in, tells these events, and answers nothing; the requests it got."""
    requests: list[dict[str, Any]] = []
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.append(task)
        await reader.readline()
        writer.write(encode_line({"welcome": {"pid": 1, "version": "0"}}))
        for event in events:
            writer.write(encode_line(event))
        while line := await reader.readline():
            requests.append(decode_line(line))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = {"pid": 1, "port": server.sockets[0].getsockname()[1], "token": "t"}
    control_dir.mkdir(mode=0o700, exist_ok=True)
    (control_dir / ADDRESS_FILE).write_text(json.dumps(address))
    async with server:
        yield requests
        await asyncio.gather(*served)  # the link has closed by now


async def test_devices_and_notices_reach_the_listener_and_nonsense_does_not(tmp_path: Path) -> None:
    events = [
        {"event": "devices", "data": {"cameras": [{"id": "a", "name": "A"}], "microphones": [], "screens": []}},
        {"event": "devices", "data": {"cameras": [{"id": "a", "name": "A"}], "screens": [{"id": "0", "name": "S"}]}},
        {"event": "devices", "data": {"cameras": 5}},
        {"event": "devices", "data": {"cameras": [{"id": "a"}]}},
        {"event": "notice", "data": {"params": {}}},
        {"event": "notice", "data": {"code": "source.lost", "params": [1]}},
        {"event": "notice", "data": {"code": "source.lost", "params": {"source": "camera A"}}},
        {"event": "of a newer engine", "data": {}},
        {"event": "notice", "data": {"code": "overload.cpu"}},
    ]
    listener = Listener()
    async with scripted_engine(tmp_path / "control", events):
        client = EngineClient(tmp_path / "control")
        assert await client.open(listener) is True
        await until(lambda: len(listener.notices) == 2)
        await client.close()
    camera = Device("a", "A")
    assert listener.devices == [Devices((camera,)), Devices((camera,), (), (Device("0", "S"),))]
    assert listener.notices == [Fault("source.lost", {"source": "camera A"}), Fault("overload.cpu")]
    assert listener.losses == 0


async def test_each_request_has_its_own_patience(tmp_path: Path) -> None:
    assert LONG_TIMEOUTS_S[Command.PREFLIGHT] > 2 * REQUEST_TIMEOUT_S, "the doctor may look for 20 s"
    async with scripted_engine(tmp_path / "control", []) as requests:
        link = EngineLink(tmp_path / "control", on_event=lambda _event, _data: None)
        assert await link.attach()
        patient = asyncio.create_task(link.request(Command.PREFLIGHT, {"checks": ["disk"]}))
        with pytest.raises(EngineGone):
            await link.request(Command.STATUS, timeout_s=0.05)
        await until(lambda: len(requests) == 2)
        assert not patient.done(), "one that gave up is not another's loss"
        await link.close()
        with pytest.raises(EngineGone):
            await patient
