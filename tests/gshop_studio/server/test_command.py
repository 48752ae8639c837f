"""`gshop-studio serve` as a process: started, found, refused, stopped, killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.shop import eventually
from tests.support.processes import our_environment, our_process, wait_until

SECRET_FILES = ("server.json", "sample-accounts.json", "secret.key", "gshop.db")


def serve_arguments(data_dir: Path, *more: str) -> list[str]:
    return ["serve", "--data-dir", str(data_dir), "--port", "0", "--rtmp-port", "0", *more]


@contextlib.contextmanager
def serving(data_dir: Path, *more: str, **extra: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server, ready, and its URL."""
    log, home = data_dir.parent / "server.log", data_dir.parent / "home"
    with our_process(serve_arguments(data_dir, *more), home=home, log=log, extra_env=extra) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        found = re.fullmatch(r"ready http=(http://127\.0\.0\.1:\d+) rtmp=rtmp://127\.0\.0\.1:\d+/live\n", line)
        assert found, (line, log.read_text())
        yield process, found[1]


def refused(*arguments: str, home: Path, **extra: str) -> str:
    """What a server that does not start says."""
    environment = our_environment(home, extra)
    done = subprocess.run(
        [sys.executable, "-m", "gshop_studio", *arguments],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def stop(process: subprocess.Popen[bytes]) -> float:
    """End it as a person would; how many seconds it took."""
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    return time.monotonic() - start


def log_in(url: str, data_dir: Path, role: str = "seller") -> dict[str, str]:
    accounts = json.loads((data_dir / "sample-accounts.json").read_text())
    account = next(account for account in accounts if account["role"] == role)
    wish = {"email": account["email"], "password": account["password"]}
    answer = httpx.post(f"{url}/api/v1/auth/login", json=wish, timeout=30)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


def test_the_sample_shop_is_made_once_and_its_secrets_are_its_owners(tmp_path: Path) -> None:
    """Started twice on the same directory: nothing double, no new password. And case 45: it listens on loopback."""
    data_dir = tmp_path / "data"
    seen = []
    for _ in range(2):
        with serving(data_dir, "--sample-shop") as (process, url):
            address = json.loads((data_dir / "server.json").read_text())
            assert address["pid"] == process.pid and address["http"] == url and address.keys() == {
                "pid", "http", "rtmp", "token", "version"
            }  # fmt: skip
            for name in SECRET_FILES:
                assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600, name
            seller = log_in(url, data_dir)
            for role in ("buyer", "affiliate", "support", "admin"):
                log_in(url, data_dir, role)
            products = httpx.get(f"{url}/api/v1/products?limit=100").json()
            mine = httpx.get(f"{url}/api/v1/live/streams?mine=true", headers=seller).json()
            for product in products["products"]:
                port = url.rpartition(":")[2]
                picture = httpx.get(re.sub(r":\d+/", f":{port}/", product["imageUrl"]))
                assert picture.headers["content-type"] == "image/jpeg" and len(picture.content) > 5_000
            seen.append(
                (
                    (data_dir / "sample-accounts.json").read_text(),
                    [product["id"] for product in products["products"]],
                    [stream["id"] for stream in mine["streams"]],
                )
            )
            assert stop(process) < 5
            assert not (data_dir / "server.json").exists()
    assert seen[0] == seen[1]
    accounts, products_seen, streams_seen = seen[0]
    assert {account["role"] for account in json.loads(accounts)} == {"buyer", "seller", "affiliate", "support", "admin"}
    assert 6 <= len(products_seen) <= 8 and len(streams_seen) == 1


def test_what_keeps_a_server_from_starting_is_said_plainly(tmp_path: Path) -> None:
    """Data directory in use, port taken, no such address, a file for a directory, a database that is none."""
    home, data_dir = tmp_path / "home", tmp_path / "data"
    free = serve_arguments(tmp_path / "other")
    with serving(data_dir) as (_, url):
        assert "Another server is using" in refused(*serve_arguments(data_dir), home=home)
        port = url.rpartition(":")[2]
        assert f"Port {port} is taken" in refused(*free, "--port", port, home=home)
        assert f"El puerto {port}" in refused(*free, "--port", port, home=home, GSHOP_LANGUAGE="es")
        assert httpx.get(f"{url}/health").status_code == 200
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"Port {port} is taken" in refused(*free, "--rtmp-port", port, home=home)
    assert "no address 192.0.2.1" in refused(*free, "--host", "192.0.2.1", home=home)
    (tmp_path / "file").write_text("x")
    assert "cannot be written" in refused(*serve_arguments(tmp_path / "file" / "data"), home=home)
    assert "GSHOP_CHAT_RATE_LIMIT" in refused(*free, home=home, GSHOP_CHAT_RATE_LIMIT="many")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "gshop.db").write_bytes(b"this is no database" * 100)
    assert "cannot be read" in refused(*serve_arguments(broken), home=home)


async def test_sigterm_ends_it_within_5_s_whoever_is_connected(tmp_path: Path) -> None:
    """Open sockets, an idle connection and a half-sent request do not hold it; socket clients are told."""
    data_dir = tmp_path / "data"
    with serving(data_dir, "--sample-shop") as (process, url):
        clients = [socketio.AsyncClient(reconnection=False) for _ in range(4)]
        told: list[str] = []
        for client in clients:
            client.on("disconnect", told.append)
            await client.connect(url, transports=["websocket"])
        assert httpx.get(f"{url}/socket.io/?EIO=4&transport=polling").status_code == 200
        port = int(url.rpartition(":")[2])
        idle = await asyncio.open_connection("127.0.0.1", port)
        half = await asyncio.open_connection("127.0.0.1", port)
        half[1].write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await half[1].drain()
        async with httpx.AsyncClient() as keep_alive:
            assert (await keep_alive.get(f"{url}/health")).status_code == 200
            assert await asyncio.to_thread(stop, process) < 5
        await eventually(lambda: len(told) == len(clients))
        for _, writer in (idle, half):
            writer.close()
    assert "Traceback" not in (tmp_path / "server.log").read_text()


async def test_kill_9_loses_no_acknowledged_message(tmp_path: Path) -> None:
    """case 65: killed in the middle of a chat; what was acknowledged is there, the sequence has no hole."""
    data_dir = tmp_path / "data"
    acknowledged: list[dict[str, Any]] = []
    with serving(data_dir, "--sample-shop") as (process, url):
        seller = log_in(url, data_dir)
        stream_id = httpx.get(f"{url}/api/v1/live/streams?mine=true", headers=seller).json()["streams"][0]["id"]
        started = httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=seller).json()
        tokens = [
            httpx.post(f"{url}/api/v1/auth/guest", json={"displayName": f"G{number}"}).json()["accessToken"]
            for number in range(5)
        ]

        async def chat(token: str) -> None:
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(url, auth={"token": token}, transports=["websocket"])
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                for number in range(10):
                    wish = {"streamId": stream_id, "message": f"message {number}"}
                    answer = await client.call("live:message", wish, timeout=3)
                    assert answer["ok"], answer
                    acknowledged.append(answer["message"])
                    if len(acknowledged) == 25:
                        process.kill()
            await client.disconnect()

        await asyncio.gather(*(chat(token) for token in tokens))
    assert len(acknowledged) >= 25
    with serving(data_dir, "--sample-shop") as (_, url):
        kept = httpx.get(f"{url}/api/v1/live/streams/{stream_id}/messages?limit=100").json()["messages"]
        by_id = {message["id"]: message for message in kept}
        assert [message for message in acknowledged if by_id.get(message["id"]) != message] == []
        assert [message["seq"] for message in kept] == list(range(2, 2 + len(kept)))
        stream = httpx.get(f"{url}/api/v1/live/streams/{stream_id}").json()
        assert stream["status"] == "live" and stream["totalMessages"] == len(kept) and stream["viewerCount"] == 0
        again = httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=log_in(url, data_dir)).json()
        assert again["streamKey"] == started["streamKey"], "the show goes on"


async def test_sigterm_under_load_loses_no_acknowledged_message(tmp_path: Path) -> None:
    """Told to stop in the middle of a chat, over sockets and REST: what was acknowledged is there, without a hole."""
    data_dir = tmp_path / "data"
    acknowledged: list[dict[str, Any]] = []
    with serving(data_dir, "--sample-shop", GSHOP_CHAT_RATE_LIMIT="1000/second") as (process, url):
        seller = log_in(url, data_dir)
        stream_id = httpx.get(f"{url}/api/v1/live/streams?mine=true", headers=seller).json()["streams"][0]["id"]
        assert httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=seller).status_code == 200
        guests = [httpx.post(f"{url}/api/v1/auth/guest", json={"displayName": f"G{n}"}).json() for n in range(4)]

        async def chat(token: str) -> None:
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(url, auth={"token": token}, transports=["websocket"])
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                for number in range(100_000):
                    wish = {"streamId": stream_id, "message": f"socket {number}"}
                    answer = await client.call("live:message", wish, timeout=3)
                    if answer["ok"]:
                        acknowledged.append(answer["message"])
            await client.disconnect()

        async def post(token: str) -> None:
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
                with contextlib.suppress(httpx.TransportError):
                    for number in range(100_000):
                        wish = {"message": f"rest {number}"}
                        answer = await http.post(f"{url}/api/v1/live/streams/{stream_id}/messages", json=wish)
                        if answer.status_code == 201:
                            acknowledged.append(answer.json())

        talkers = [chat(guest["accessToken"]) for guest in guests] + [post(guest["accessToken"]) for guest in guests]
        talking = asyncio.gather(*talkers)
        await eventually(lambda: len(acknowledged) >= 60)
        assert await asyncio.to_thread(stop, process) < 5
        await talking
    assert "Traceback" not in (tmp_path / "server.log").read_text()
    with serving(data_dir, "--sample-shop") as (_, url):
        kept: list[dict[str, Any]] = []
        before = ""
        while page := httpx.get(f"{url}/api/v1/live/streams/{stream_id}/messages?limit=100{before}").json()["messages"]:
            kept[:0] = page
            before = f"&before={page[0]['id']}"
    by_id = {message["id"]: message for message in kept}
    assert [message for message in acknowledged if by_id.get(message["id"]) != message] == []
    assert [message["seq"] for message in kept] == list(range(2, 2 + len(kept)))


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """Somebody who does not want to wait need not."""
    data_dir = tmp_path / "data"
    with serving(data_dir) as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: not _accepts(port), what="the first signal being heard", every_s=0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 128 + signal.SIGTERM
    with serving(data_dir) as (_, url):
        assert httpx.get(f"{url}/ready").status_code == 200


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


def test_the_settings_are_shown_without_secrets_and_nothing_is_started(tmp_path: Path) -> None:
    environment = {
        "GSHOP_METRICS_TOKEN": "CANARY-of-sixteen-characters",
        "GSHOP_DATABASE_URL": "postgresql://gshop:CANARY@db.example/gshop",
    }
    arguments = serve_arguments(tmp_path / "data", "--print-config")
    done = subprocess.run(
        [sys.executable, "-m", "gshop_studio", *arguments],
        capture_output=True, text=True, env=our_environment(tmp_path / "home", environment), timeout=60,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == ""
    assert "CANARY" not in done.stdout and "port = 0  # command line" in done.stdout
    assert not (tmp_path / "data").exists()
    told = refused(*serve_arguments(tmp_path / "data"), home=tmp_path / "home", GSHOP_METRICS_TOKEN="CANARY")
    assert "GSHOP_METRICS_TOKEN" in told and "CANARY" not in told


def test_metrics_and_the_log_for_machines(tmp_path: Path) -> None:
    """On a port of their own; every line of the log is an object."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    extra = {"GSHOP_METRICS_PORT": str(port), "GSHOP_LOG_FORMAT": "json", "GSHOP_ACCESS_LOG": "true"}
    with serving(tmp_path / "data", **extra) as (process, url):
        httpx.get(f"{url}/api/v1/products", headers={"X-Request-Id": "known-to-the-proxy"})
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert 'gshop_http_requests_total{method="GET",route="/api/v1/products",status="2xx"} 1.0' in metrics
        assert httpx.get(f"{url}/metrics").status_code == 404
        stop(process)
    lines = [json.loads(line) for line in (tmp_path / "server.log").read_text().splitlines()]
    (request,) = [line for line in lines if line.get("route") == "/api/v1/products"]
    assert request["requestId"] == "known-to-the-proxy" and request["status"] == 200 and request["ms"] > 0


def test_a_postgresql_that_is_down_is_said_to_be_out_of_reach(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {"GSHOP_DATABASE_URL": f"postgresql://me:CANARY@127.0.0.1:{port}/shop", "GSHOP_LANGUAGE": "es"}
    told = refused(*serve_arguments(tmp_path / "data"), home=tmp_path / "home", **settings)
    assert f"No se puede llegar a la base de datos postgresql://me:***@127.0.0.1:{port}/shop: nadie responde" in told


def test_without_a_data_directory_the_option_is_named(tmp_path: Path) -> None:
    assert "--data-dir" in refused("serve", home=tmp_path / "home")


def test_a_database_of_a_newer_version_is_said(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir):
        pass
    with contextlib.closing(sqlite3.connect(data_dir / "gshop.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in refused(*serve_arguments(data_dir), home=tmp_path / "home")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_is_in_the_log_or_the_arguments(tmp_path: Path, form: str) -> None:
    """case 44: keys, tokens and passwords sent in every wrong place too."""
    data_dir = tmp_path / "data"
    with serving(data_dir, "--sample-shop", GSHOP_LOG_FORMAT=form, GSHOP_ACCESS_LOG="1") as (process, url):
        seller = log_in(url, data_dir)
        token = seller["Authorization"].removeprefix("Bearer ")
        stream_id = httpx.get(f"{url}/api/v1/live/streams?mine=true", headers=seller).json()["streams"][0]["id"]
        key = httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=seller).json()["streamKey"]
        for path in (f"/api/v1/auth/me?token={token}", f"/api/v1/live/streams/{key}", f"/live/{key}/index.m3u8",
                     f"/socket.io/?EIO=4&transport=polling&token={token}", f"/{token}"):  # fmt: skip
            httpx.get(url + path)
        httpx.post(f"{url}/api/v1/auth/login", json={"email": token, "password": "canary-password"})
        httpx.post(f"{url}/api/v1/auth/refresh", content=f'{{"refreshToken": "{key}"')
        arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        stop(process)
    accounts = json.loads((data_dir / "sample-accounts.json").read_text())
    secrets = [key, token, "canary-password", *(account["password"] for account in accounts)]
    log = (tmp_path / "server.log").read_text()
    assert [secret for secret in secrets if secret in log or secret.encode() in arguments] == []
    assert [secret for secret in secrets[:3] if secret.encode() in (data_dir / "gshop.db").read_bytes()] == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """case 59, at the start; what a running server does is in `test_database`."""
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk / "filler")
        assert "is full" in refused(*serve_arguments(disk / "data"), home=tmp_path / "home")
