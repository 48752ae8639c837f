"""Opening connections: names that hang or fail, several addresses, nobody there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from encoder.errors import OutputError
from encoder.outputs.dialer import Dialer
from encoder.outputs.target import RtmpTarget
from tests.support.nginx_rtmp import free_port


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def dead_end() -> Iterator[int]:
    """A port that swallows what would open a connection: its backlog is full."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        place = server.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(place)
        yield int(place[1])


def place(port: int) -> tuple[Any, ...]:
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))


def names(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """Answers look-ups by a function; the names asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, **kind: int) -> Any:
        asked.append(host)
        return answer()

    monkeypatch.setattr("encoder.outputs.dialer.socket.getaddrinfo", look_up)
    return asked


def dialer(port: int, host: str = "127.0.0.1", connect_s: float = 2.0) -> Dialer:
    return Dialer(RtmpTarget(host, port, "live", False), connect_s)


async def code_of(dialing: Dialer, timeout_s: float | None = None) -> str:
    with pytest.raises(OutputError) as caught:
        await dialing.dial(timeout_s)
    return caught.value.fault.code


async def test_a_connection_does_not_block(listener: socket.socket) -> None:
    with await dialer(listener.getsockname()[1]).dial() as raw:
        assert raw.gettimeout() == 0.0 and raw.getpeername() == listener.getsockname()


async def test_nobody_there_and_nobody_answering_are_told_apart(dead_end: int) -> None:
    assert await code_of(dialer(free_port())) == "ingest.unreachable"
    began_s = time.monotonic()
    assert await code_of(dialer(dead_end), 0.3) == "ingest.timeout"
    assert time.monotonic() - began_s < 1


async def test_an_address_that_swallows_everything_does_not_hold_up_the_next(
    listener: socket.socket, dead_end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    names(monkeypatch, lambda: [place(dead_end), place(free_port()), place(port)])
    began_s = time.monotonic()
    with await dialer(port, "name").dial() as raw:
        assert raw.getpeername()[1] == port
    assert time.monotonic() - began_s < 1


async def test_a_name_server_that_hangs_costs_one_thread_however_often_is_dialled(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    port = listener.getsockname()[1]

    def hang() -> list[Any]:
        answers.wait(10)
        return [place(port)]

    asked = names(monkeypatch, hang)
    dialing = dialer(port, "name")
    for _ in range(3):
        assert await code_of(dialing, 0.05) == "ingest.timeout"
    assert len(asked) == 1
    answers.set()
    (await dialing.dial()).close()


async def test_when_the_name_is_gone_its_last_addresses_are_tried(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 61: in an outage names fail first."""
    port = listener.getsockname()[1]
    is_up = [True]

    def answer() -> list[Any]:
        if not is_up[0]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [place(port)]

    names(monkeypatch, answer)
    dialing = dialer(port, "name")
    (await dialing.dial()).close()
    is_up[0] = False
    (await dialing.dial()).close()
    assert await code_of(dialer(port, "other")) == "ingest.unreachable"


async def test_a_dial_that_is_given_up_leaves_nothing_behind(dead_end: int) -> None:
    dialing = dialer(dead_end)
    task = asyncio.create_task(dialing.dial())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    dialing.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
