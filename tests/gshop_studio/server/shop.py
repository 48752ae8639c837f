"""A whole companion server inside the test's own loop, on real sockets and a real SQLite file, and its clients."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import socketio
from argon2 import PasswordHasher

from gshop_studio.contract.rest import Role
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.app import Server
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.media.ports import PublishAuthority
from gshop_studio.server.running import RunningServer

T = TypeVar("T")
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


class SilentMedia:
    """A media back end without media: the test says through `authority` what arrives."""

    def __init__(self, authority: PublishAuthority) -> None:
        self.authority = authority
        self.rtmp_port = 19350
        self.ended: list[str] = []
        self.clock_offset_ms: int | None = None
        """Between a publisher's capture clock and ours, where it is known."""
        self.is_open = False
        self.open_stream_ids: list[str] = []

    @property
    def is_listening(self) -> bool:
        return self.is_open

    @property
    def publisher_count(self) -> int:
        return 0

    async def start(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    def media_time_ms(self, stream_id: str, captured_at_ms: int) -> int | None:
        return None if self.clock_offset_ms is None else captured_at_ms + self.clock_offset_ms

    async def end_stream(self, stream_id: str) -> None:
        self.ended.append(stream_id)

    async def playback_app(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"#EXTM3U\n"})


@dataclass
class Person:
    id: str
    token: str
    refresh_token: str | None
    name: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Listener:
    """A connected socket and all it was sent."""

    client: socketio.AsyncClient
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    session_id: str | None = None

    async def call(self, event: str, data: Any = None) -> dict[str, Any]:
        answer = await self.client.call(event, data, timeout=20)
        assert isinstance(answer, dict)
        return answer

    async def join(self, stream_id: str, session_id: str | None = None) -> dict[str, Any]:
        wish = {"streamId": stream_id, **({"sessionId": session_id} if session_id else {})}
        answer = await self.call("live:join", wish)
        assert answer["ok"], answer
        self.session_id = answer["sessionId"]
        return answer

    def named(self, event: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == event]

    @property
    def seqs(self) -> list[int]:
        """Of the lasting events, in the order they came."""
        return [data["seq"] for name, data in self.events if "seq" in data and name != "live:joined"]


async def eventually(condition: Callable[[], T], what: str = "", timeout_s: float = 20.0) -> T:
    """The first true value of `condition`."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what or condition}"
        await asyncio.sleep(0.01)
    return value


async def eventually_async(condition: Callable[[], Awaitable[T]], what: str = "", timeout_s: float = 20.0) -> T:
    """As `eventually`, for a question that takes a request."""
    deadline = time.monotonic() + timeout_s
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what or condition}"
        await asyncio.sleep(0.02)
    return value


class Shop:
    """Start it with `async with`; everything opened through it is closed with it."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        lenient = {
            "rate_limit": "100000/minute",
            "auth_rate_limit": "10000/minute",
            "guest_rate_limit": "10000/minute",
            "chat_rate_limit": "10000/10 seconds",
            "event_rate_limit": "10000/10 seconds",
            "port": 0,
            "rtmp_port": 0,
        }
        self.config = ServerConfig(data_dir=data_dir, **{**lenient, **settings})
        self.media: SilentMedia
        self.server: Server
        self.http: httpx.AsyncClient
        self._running: RunningServer
        self._listeners: list[Listener] = []

    async def __aenter__(self) -> Shop:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        self.config.data_dir.mkdir(exist_ok=True)
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self._running = RunningServer(self.config, self._make_media, cheap)
        self.server = await self._running.start()
        self.http = httpx.AsyncClient(base_url=self.server.urls.http, timeout=30, verify=False)

    async def close(self) -> None:
        await asyncio.gather(*(listener.client.disconnect() for listener in self._listeners))
        self._listeners.clear()
        await self.http.aclose()
        await self._running.stop()

    @property
    def url(self) -> str:
        return self.server.urls.http

    def _make_media(self, authority: PublishAuthority) -> SilentMedia:
        self.media = SilentMedia(authority)
        return self.media

    # --- people -------------------------------------------------------------------------------------------------

    async def person(self, role: Role = Role.BUYER, name: str | None = None) -> Person:
        number = next(_numbers)
        wish = {
            "email": f"person{number}@example.com",
            "password": PASSWORD,
            "displayName": name or f"Person {number}",
            "role": role.value,
        }
        return _person(await self.ask("POST", "auth/register", json=wish, status=201))

    async def guest(self, name: str = "Guest") -> Person:
        return _person(await self.ask("POST", "auth/guest", json={"displayName": name}, status=201))

    # --- requests -----------------------------------------------------------------------------------------------

    async def send(self, method: str, path: str, who: Person | None = None, **kwargs: Any) -> httpx.Response:
        headers = {**(who.headers if who else {}), **kwargs.pop("headers", {})}
        return await self.http.request(method, f"/api/v1/{path}", headers=headers, **kwargs)

    async def ask(
        self, method: str, path: str, who: Person | None = None, *, status: int = 200, **kwargs: Any
    ) -> dict[str, Any]:
        """The answer's JSON; its status is as expected."""
        response = await self.send(method, path, who, **kwargs)
        assert response.status_code == status, response.text
        answer = response.json() if response.content else {}
        assert isinstance(answer, dict)
        return answer

    async def refused(self, code: str, method: str, path: str, who: Person | None = None, **kwargs: Any) -> int:
        """The status of a request that is refused with this code."""
        response = await self.send(method, path, who, **kwargs)
        assert response.headers["content-type"] == "application/problem+json", response.text
        problem = response.json()
        assert problem["code"] == code, problem
        assert problem["status"] == response.status_code
        return response.status_code

    async def product(self, seller: Person, **fields: Any) -> str:
        wish = {"name": "Mug", "price": 18.5, "stock": 5, **fields}
        return str((await self.ask("POST", "products", seller, json=wish, status=201))["id"])

    async def stream(self, host: Person, **fields: Any) -> str:
        wish = {"title": "Autumn sale", **fields}
        return str((await self.ask("POST", "live/streams", host, json=wish, status=201))["id"])

    async def live_stream(self, host: Person, **fields: Any) -> str:
        stream_id = await self.stream(host, **fields)
        await self.ask("POST", f"live/streams/{stream_id}/start", host)
        return stream_id

    # --- sockets ------------------------------------------------------------------------------------------------

    async def listener(self, who: Person | None = None, **kwargs: Any) -> Listener:
        """A connected client. Raises socketio's ConnectionError when it is refused."""
        client = socketio.AsyncClient(reconnection=kwargs.pop("reconnection", False))
        listener = Listener(client)

        async def keep(event: str, data: dict[str, Any] | None = None) -> None:
            listener.events.append((event, data or {}))

        client.on("*", keep)
        auth = kwargs.pop("auth", {"token": who.token} if who else None)
        self._listeners.append(listener)
        kwargs.setdefault("wait_timeout", 20)
        await client.connect(self.url, auth=auth, transports=["websocket"], **kwargs)
        return listener


def _person(pair: dict[str, Any]) -> Person:
    return Person(pair["user"]["id"], pair["accessToken"], pair.get("refreshToken"), pair["user"]["displayName"])
