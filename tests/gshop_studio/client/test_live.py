"""The realtime client against the real server: join, events in order, nothing missed over a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gshop_studio.client.api import Api
from gshop_studio.client.errors import ApiError, ServerUnreachable
from gshop_studio.client.live import LiveConnection
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.contract.rest import StreamCreate
from tests.support.server import RunningServer, running_server


class Listener:
    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.messages: list[str] = []
        self.connection: list[bool] = []
        self.events: list[ServerEvent] = []

    def joined(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        self.events.append(event)
        if event is ServerEvent.MESSAGE:
            self.messages.append(data["message"])

    def connection_changed(self, is_connected: bool) -> None:
        self.connection.append(is_connected)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("live") / "data") as running:
        yield running


async def until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None


async def on_air(server: RunningServer) -> tuple[Api, str]:
    api = Api(server.http, "en")
    await api.sign_in(*server.account("seller"))
    products = (await api.my_products()).products
    stream = await api.create_stream(StreamCreate(title="Test", product_ids=[p.id for p in products[:2]]))
    await api.start_stream(stream.id)
    return api, stream.id


@pytest.fixture
async def show(server: RunningServer) -> AsyncIterator[tuple[Api, str]]:
    api, stream_id = await on_air(server)
    yield api, stream_id
    await api.end_stream(stream_id)
    await api.close()


async def test_joining_gives_the_snapshot_and_what_happens_next(server: RunningServer, show: tuple[Api, str]) -> None:
    api, stream_id = show
    listener = Listener()
    room = LiveConnection(server.http, stream_id, api.access_token, listener)
    await room.open()
    product = listener.snapshots[0].current_products[0]
    await room.send_message("hello", "id-1")
    await room.show_product(product.product_id)
    await room.hide_product(product.product_id)
    expected = [ServerEvent.MESSAGE, ServerEvent.PRODUCT_HIGHLIGHTED, ServerEvent.PRODUCT_HIDDEN]
    await until(lambda: [e for e in listener.events if e in expected] == expected, "the three events")
    assert listener.connection == [True]
    await room.send_message("hello", "id-1")
    await room.close()
    assert listener.messages == ["hello"], "the same id is one message"


async def test_a_refused_event_is_an_error_with_its_code(server: RunningServer, show: tuple[Api, str]) -> None:
    api, stream_id = show
    room = LiveConnection(server.http, stream_id, api.access_token, Listener())
    await room.open()
    with pytest.raises(ApiError) as caught:
        await room.show_product("no-such-product")
    assert caught.value.code and caught.value.detail
    await room.close()


async def test_a_room_that_does_not_exist_is_refused(server: RunningServer, show: tuple[Api, str]) -> None:
    api, _ = show
    with pytest.raises(ApiError):
        await LiveConnection(server.http, "no-such-show", api.access_token, Listener()).open()


async def test_nobody_at_the_address_is_told() -> None:
    async def token() -> str:
        return "token"

    with pytest.raises(ServerUnreachable):
        await LiveConnection("http://127.0.0.1:9", "show", token, Listener()).open()


async def test_a_server_that_knows_less_than_we_do_is_begun_with_anew(
    server: RunningServer, show: tuple[Api, str]
) -> None:
    """It was restored from a backup: what we had heard last is no place in its sequence."""
    api, stream_id = show
    listener = Listener()
    room = LiveConnection(server.http, stream_id, api.access_token, listener, retry_s=(0.1,))
    await room.open()
    room._order.hear_of(1_000)
    room._order.skip_to(1_000)
    room._lost.set()
    await until(lambda: listener.connection == [True, False, True], "the connection to come back")
    await room.send_message("after", "id-4")
    await until(lambda: listener.messages == ["after"], "what is said from then on")
    assert len(listener.snapshots) == 2 and not room._order.has_gap
    await room.close()


async def test_nothing_is_missed_while_the_server_is_away(tmp_path: Path) -> None:
    """Case 65: the server is killed; what was said meanwhile comes after the reconnect, once and in order."""
    data_dir = tmp_path / "data"
    listener = Listener()
    with running_server(data_dir) as server:
        api, stream_id = await on_air(server)
        room = LiveConnection(server.http, stream_id, api.access_token, listener, retry_s=(0.1,))
        await room.open()
        await room.send_message("one", "id-1")
        await until(lambda: listener.messages == ["one"], "the first message")
        port, rtmp_port = urlsplit(server.http).port or 0, urlsplit(server.rtmp).port or 0
        server.process.kill()
        server.process.wait()
        await until(lambda: listener.connection == [True, False], "the loss to be noticed")
    with running_server(data_dir, port=port, rtmp_port=rtmp_port) as server:
        other = LiveConnection(server.http, stream_id, api.access_token, Listener())
        await other.open()
        await other.send_message("two", "id-2")
        await until(lambda: listener.connection == [True, False, True], "the connection to come back")
        await other.send_message("three", "id-3")
        await until(lambda: len(listener.messages) >= 3, "all messages")
        await other.close()
        await room.close()
        await api.close()
    assert listener.messages == ["one", "two", "three"]
    assert len(listener.snapshots) == 1
