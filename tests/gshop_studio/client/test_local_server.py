"""The server on this computer: a real process, detached, found again, restarted, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from gshop_studio.client.api import is_alive
from gshop_studio.client.errors import LocalServerFailed
from gshop_studio.client.local_server import ADDRESS_FILE, LOG_FILE, LocalServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LocalServer]:
    made = LocalServer(tmp_path / "server")
    yield made
    await made.stop()


async def test_it_is_started_found_again_restarted_and_stopped(server: LocalServer, tmp_path: Path) -> None:
    """Case 65: here the restart on the same ports, within 2 s of its death and the time it needs to start."""
    started = await server.ensure()
    assert await is_alive(started.http)
    assert os.getsid(started.pid) != os.getsid(0), "it must outlive the studio's session"
    seller = server.sample_account("seller")
    assert seller is not None and "@" in seller.email
    assert server.sample_account("nobody") is None
    assert stat.S_IMODE((tmp_path / "server" / LOG_FILE).stat().st_mode) == 0o600
    assert seller.password not in (tmp_path / "server" / LOG_FILE).read_text()

    again = LocalServer(tmp_path / "server")
    found = await again.ensure()
    assert found == started

    await again.leave_running()
    os.kill(started.pid, signal.SIGKILL)
    died_at_s = time.monotonic()
    async with asyncio.timeout(20):
        while server.address is None or server.address.pid == started.pid:
            await asyncio.sleep(0.02)
    took_s = time.monotonic() - died_at_s
    assert (server.address.http, server.address.rtmp) == (started.http, started.rtmp)
    assert await is_alive(started.http)
    assert took_s < 10, "a loaded machine needs a while to start Python"

    restarted = server.address
    await server.stop()
    assert not psutil.pid_exists(restarted.pid) or psutil.Process(restarted.pid).status() == psutil.STATUS_ZOMBIE
    assert not await is_alive(started.http)


async def test_what_it_said_last_is_told_when_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('The disk of /data is full.')"]
    server = LocalServer(tmp_path / "server", command)
    with pytest.raises(LocalServerFailed) as caught:
        await server.ensure()
    assert caught.value.params["reason"] == "The disk of /data is full."


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalServerFailed):
        await LocalServer(tmp_path / "server", ["/does/not/exist"]).ensure()


async def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalServerFailed):
        await LocalServer(tmp_path / "file" / "server").ensure()


async def test_giving_up_while_it_starts_leaves_no_process(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    server = LocalServer(tmp_path / "server", [sys.executable, "-c", script])
    starting = asyncio.create_task(server.ensure())
    async with asyncio.timeout(20):
        while not pid_file.exists() or not pid_file.read_text():
            await asyncio.sleep(0.02)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1, "http": "http://127.0.0.1:9"}'])
async def test_an_address_file_of_nobody_finds_nobody(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "server.json").write_text(content)
    assert await LocalServer(folder).find() is None


async def test_a_stranger_at_the_address_is_not_believed(server: LocalServer, tmp_path: Path) -> None:
    """Whoever answers must prove to know our token, before a password goes there."""
    started = await server.ensure()
    path = tmp_path / "server" / ADDRESS_FILE
    written = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await server.find() == started
    path.write_text(json.dumps(written | {"token": "of another server"}))
    assert await server.find() is None
    path.write_text(json.dumps(written))
