"""Two servers of one shop behind nginx, all of them real processes, on PostgreSQL and Redis: one show, whoever serves
it, and one of them killed in the middle.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import httpx
import pytest
import socketio

from gshop_studio.client.live import LiveConnection
from gshop_studio.contract.events import ServerEvent, Snapshot
from tests.gshop_studio.server.shop import eventually, eventually_async
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer
from tests.support.server_pair import ServerPair, ServerProcess, running_pair

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@dataclass
class Viewer:
    """Watches a show with the studio's own client, which comes back by itself."""

    url: str
    stream_id: str
    token: str
    seqs: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    snapshots: int = 0
    viewer_count: int = 0
    losses: int = 0

    async def __aenter__(self) -> Viewer:
        self._live = LiveConnection(self.url, self.stream_id, self._token, self, retry_s=(0.2, 0.5))
        await self._live.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._live.close()

    async def _token(self) -> str:
        return self.token

    @property
    def is_connected(self) -> bool:
        return self._live.is_connected

    def joined(self, snapshot: Snapshot) -> None:
        self.snapshots += 1
        self.viewer_count = snapshot.viewer_count

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        if "seq" in data:
            self.seqs.append(data["seq"])
        if event is ServerEvent.MESSAGE:
            self.texts.append(data["message"])
        if event is ServerEvent.VIEWERS_UPDATE:
            self.viewer_count = data["viewerCount"]

    def connection_changed(self, is_connected: bool) -> None:
        self.losses += not is_connected


@dataclass(frozen=True)
class Show:
    pair: ServerPair
    http: httpx.AsyncClient
    database_url: str
    seller: str
    id: str

    async def ask(self, server: str, method: str, path: str, token: str | None = None, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.request(method, f"{server}/api/v1/{path}", headers=headers, **kwargs)

    async def guest(self, server: str) -> tuple[str, str]:
        """Id and token of somebody new."""
        wish = {"displayName": f"Guest {next(_numbers)}"}
        pair = (await self.ask(server, "POST", "auth/guest", json=wish)).json()
        return pair["user"]["id"], pair["accessToken"]

    async def say(self, server: str, token: str, text: str, key: str) -> httpx.Response:
        wish = {"message": text, "clientMessageId": key}
        return await self.ask(server, "POST", f"live/streams/{self.id}/messages", token, json=wish)

    async def history(self, server: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        before = ""
        while page := (await self.ask(server, "GET", f"live/streams/{self.id}/messages?limit=100{before}")).json()[
            "messages"
        ]:
            messages[:0] = page
            before = f"&before={page[0]['id']}"
        return messages


@pytest.fixture
async def show(
    tmp_path: Path, postgres: Postgres, redis_server: RedisServer, request: pytest.FixtureRequest
) -> AsyncIterator[Show]:
    """A show that is live; the servers' settings where a test has some of its own."""
    redis_server.empty()
    settings: dict[str, str] = getattr(request, "param", {})
    async with postgres.database(is_empty=True) as url, httpx.AsyncClient(timeout=20, verify=False) as http:
        with running_pair(tmp_path, url, redis_server.url, settings) as pair:
            wish = {
                "email": "alba@example.com",
                "password": PASSWORD,
                "displayName": "Alba",
                "role": "seller",
            }
            api = f"{pair.api.url}/api/v1"
            seller = (await http.post(f"{api}/auth/register", json=wish)).json()["accessToken"]
            headers = {"Authorization": f"Bearer {seller}"}
            stream = (await http.post(f"{api}/live/streams", json={"title": "Two servers"}, headers=headers)).json()
            started = await http.post(f"{api}/live/streams/{stream['id']}/start", headers=headers)
            assert started.status_code == 200, started.text
            yield Show(pair, http, url, seller, stream["id"])


async def test_one_show_on_two_servers(show: Show) -> None:
    """Rooms, order, presence, idempotency (case 14) and media's place."""
    media, api = (server.url for server in show.pair.both)
    people = [await show.guest(url) for url in (media, api, media, api)]
    async with (
        Viewer(media, show.id, people[0][1]) as one,
        Viewer(api, show.id, people[1][1]) as other,
        Viewer(show.pair.balancer.url, show.id, people[2][1]) as through,
    ):
        viewers = (one, other, through)
        await eventually(lambda: [viewer.viewer_count for viewer in viewers] == [3, 3, 3], "all to be counted")

        async def chat(server: str, token: str, name: str) -> None:
            for number in range(15):
                answer = await show.say(server, token, f"{name} {number}", f"{name}-{number}")
                assert answer.status_code == 201, answer.text

        await asyncio.gather(
            *(
                chat(server, token, name)
                for (_, token), (server, name) in zip(
                    people, ((media, "a"), (api, "b"), (api, "c"), (media, "d")), strict=True
                )
            )
        )
        await eventually(lambda: all(len(viewer.texts) == 60 for viewer in viewers), "all to hear all")
        assert one.texts == other.texts == through.texts
        assert one.seqs == sorted(set(one.seqs)) and one.seqs == other.seqs == through.seqs
        assert [message["message"] for message in await show.history(api)] == one.texts

        for number in range(10):
            answers = await asyncio.gather(
                *(show.say(server, people[3][1], "at both at once", f"both-{number}") for server in (media, api))
            )
            assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
            assert len({answer.json()["id"] for answer in answers}) == 1
        await eventually(lambda: all(len(viewer.texts) == 70 for viewer in viewers), "each message once")
        wish = {"message": "something else", "clientMessageId": "both-1"}
        path = f"live/streams/{show.id}/messages"
        assert (await show.ask(media, "POST", path, people[3][1], json=wish)).status_code == 409

    assert (await show.http.get(f"{api}/live/{show.id}/index.m3u8")).status_code == 404
    await show.http.get(f"{show.pair.balancer.url}/live/{show.id}/index.m3u8")
    asked = dict(show.pair.balancer.servers_asked())
    assert asked[f"/live/{show.id}/index.m3u8"] == show.pair.media.address, "media is asked at its own server"
    assert (await show.http.get(f"{show.pair.balancer.url}/metrics")).status_code == 404


async def test_a_ban_holds_at_both(show: Show) -> None:
    """case 5: banned by one server, out at the other, and not let in again at either."""
    media, api = (server.url for server in show.pair.both)
    user_id, token = await show.guest(media)
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(media, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    assert (await client.call("live:join", {"streamId": show.id}))["ok"]
    path = f"live/streams/{show.id}/moderation"
    banned = await show.ask(api, "POST", f"{path}/ban", show.seller, json={"userId": user_id})
    assert banned.status_code in (200, 201, 204), banned.text
    await eventually(lambda: not client.connected, "the banned one's socket to be closed")
    for server in (media, api):
        again = socketio.AsyncClient(reconnection=False)
        await again.connect(server, auth={"token": token}, transports=["websocket"], wait_timeout=10)
        answer = await again.call("live:join", {"streamId": show.id})
        assert not answer["ok"] and answer["error"]["code"] == "stream.banned"
        await again.disconnect()
        assert (await show.say(server, token, "let me in", "x")).status_code == 403


async def test_who_polls_through_the_balancer_meets_one_server(show: Show) -> None:
    """Sessions live in one server's memory: each of some browsers joins, talks and hears by polling alone."""
    balancer = show.pair.balancer
    heard: dict[int, list[str]] = {number: [] for number in range(14)}
    clients = []
    async with AsyncExitStack() as stack:
        for number, texts in heard.items():
            headers = {"User-Agent": f"Browser {number}"}
            browser = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
            client = socketio.AsyncClient(reconnection=False, http_session=browser)
            client.on("live:message", lambda data, texts=texts: texts.append(data["message"]))
            _, token = await show.guest(balancer.url)
            await client.connect(balancer.url, auth={"token": token}, transports=["polling"], wait_timeout=10)
            stack.push_async_callback(client.disconnect)
            assert (await client.call("live:join", {"streamId": show.id}))["ok"]
            clients.append(client)
        for number, client in enumerate(clients):
            said = await client.call("live:message", {"streamId": show.id, "message": f"by polling {number}"})
            assert said["ok"] and client.transport() == "polling"
        everything = [f"by polling {number}" for number in heard]
        await eventually(lambda: all(texts == everything for texts in heard.values()), "all to hear all")
    servers = {server for path, server in balancer.servers_asked() if path == "/socket.io/"}
    assert servers == {server.address for server in show.pair.both}, "each server had some of them"


LIMITS = {
    "GSHOP_RATE_LIMIT": "12/minute",
    "GSHOP_CHAT_RATE_LIMIT": "4/minute",
    "GSHOP_MAX_CONNECTIONS_PER_PERSON": "2",
}


@pytest.mark.parametrize("show", [LIMITS], indirect=True)
async def test_the_other_server_is_no_way_around_a_limit(show: Show) -> None:
    """case 15: requests, messages and sockets of one person, taking turns at both."""
    media, api = (server.url for server in show.pair.both)
    _, token = await show.guest(media)
    requests = [await show.ask(server, "GET", "auth/me", token) for _ in range(7) for server in (media, api)]
    assert [answer.status_code for answer in requests] == [200] * 12 + [429] * 2
    _, token = await show.guest(api)
    said = [await show.say(server, token, f"says {n}", f"{n} {server}") for n in range(3) for server in (media, api)]
    assert [answer.status_code for answer in said] == [201] * 4 + [429] * 2
    assert {answer.json()["code"] for answer in said[4:]} == {"chat.rate_limited"}
    clients = [socketio.AsyncClient(reconnection=False) for _ in range(4)]
    for client, server in zip(clients, (media, api), strict=False):
        await client.connect(server, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    for client, server in zip(clients[2:], (media, api), strict=True):
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(server, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    for client in clients[:2]:
        await client.disconnect()


METRICS_TOKEN = "a token for Prometheus"


@pytest.mark.parametrize("show", [{"GSHOP_METRICS_TOKEN": METRICS_TOKEN}], indirect=True)
async def test_jobs_are_done_by_one_and_then_by_the_other(show: Show) -> None:
    async def done_by(server: ServerProcess) -> set[str]:
        """The jobs this server ever did."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        page = (await show.http.get(f"{server.url}/metrics", headers=headers)).text
        told = [line.rpartition(" ") for line in page.splitlines() if line.startswith("gshop_job_last_success")]
        assert told
        return {name for name, _, at_s in told if float(at_s) > 0}

    async def leader() -> ServerProcess | None:
        for server in show.pair.both:
            if len(await done_by(server)) >= 2:
                return server
        return None

    first = await eventually_async(leader, "one to do two of the jobs", 30)
    assert first is not None
    (second,) = (server for server in show.pair.both if server is not first)
    assert await done_by(second) == set()
    first.kill()
    await eventually_async(lambda: done_by(second), "the other to do them", 30)


async def test_one_killed_in_the_middle_loses_nothing(show: Show) -> None:
    """case 65: kill -9 under load. What was acknowledged is there, once; viewers go on at the other, by `seq`."""
    balancer = show.pair.balancer
    people = [await show.guest(balancer.url) for _ in range(6)]
    acknowledged: dict[str, str] = {}
    failures = 0
    async with (
        Viewer(balancer.url, show.id, people[0][1]) as one,
        Viewer(balancer.url, show.id, people[1][1]) as other,
    ):
        await show.say(balancer.url, people[0][1], "before", "before")
        await eventually(lambda: one.texts == other.texts == ["before"])
        victim = await _server_of_sockets(show)
        assert await _leaders(show) == 1

        async def chat(token: str, name: int) -> None:
            nonlocal failures
            for number in range(40):
                key = f"{name}-{number}"
                while key not in acknowledged:
                    try:
                        answer = await show.say(balancer.url, token, f"says {key}", key)
                    except httpx.TransportError:
                        failures += 1
                        continue
                    if answer.status_code in (200, 201):
                        acknowledged[key] = answer.json()["id"]
                    else:
                        assert answer.status_code in (502, 503, 504), answer.text
                        failures += 1
                        await asyncio.sleep(0.05)

        chatting = asyncio.gather(*(chat(token, name) for name, (_, token) in enumerate(people)))
        await eventually(lambda: len(acknowledged) > 60, "some to be said", 60)
        victim.kill()
        killed_s = time.monotonic()
        await eventually(lambda: one.losses and other.losses, "the loss to be felt")
        await eventually(lambda: one.is_connected and other.is_connected, "both to be back", 30)
        back_s = time.monotonic() - killed_s
        await chatting
        survivor = next(server for server in show.pair.both if server is not victim)
        messages = await show.history(survivor.url)
        kept = {message["id"]: message["message"] for message in messages}
        assert {key: kept.get(message_id) for key, message_id in acknowledged.items()} == {
            key: f"says {key}" for key in acknowledged
        }
        assert len(messages) == len(acknowledged) + 1, "each once"
        await eventually(lambda: len(one.texts) == len(other.texts) == len(messages), "viewers to have heard all", 30)
        assert one.texts == other.texts == [message["message"] for message in messages]
        assert one.seqs == list(range(one.seqs[0], one.seqs[0] + len(one.seqs))), "no gap and nothing twice"
        assert one.snapshots == other.snapshots == 1, "gone on, not begun anew"
        assert back_s < 10
        await eventually_async(lambda: _is_led(show), "the other to lead", 10)
        await eventually(lambda: one.viewer_count == 2, "the dead server's viewers to be counted no more", 40)
        stream = (await show.ask(balancer.url, "GET", f"live/streams/{show.id}")).json()
        assert stream["status"] == "live" and stream["totalMessages"] == len(messages)


async def _server_of_sockets(show: Show) -> ServerProcess:
    """Where nginx sends the viewers' sockets: open ones are in no log, so it is asked for one that ends at once."""
    async with httpx.AsyncClient(headers=await _headers_of_aiohttp(), verify=False) as http:
        await http.get(f"{show.pair.balancer.url}/socket.io/?EIO=4&transport=polling")

    def address() -> str:
        return next((server for path, server in show.pair.balancer.servers_asked() if path == "/socket.io/"), "")

    found = await eventually(address, "nginx to log a request")
    return next(server for server in show.pair.both if server.address == found)


async def _headers_of_aiohttp() -> dict[str, str]:
    from aiohttp.http import SERVER_SOFTWARE

    return {"User-Agent": SERVER_SOFTWARE}


async def _leaders(show: Show) -> int:
    connection = await asyncpg.connect(show.database_url)
    try:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def _is_led(show: Show) -> bool:
    return await _leaders(show) == 1
