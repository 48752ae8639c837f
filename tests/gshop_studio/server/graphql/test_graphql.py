"""A show's metrics over GraphQL, with a real WebSocket client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gshop_studio.contract.rest import Role
from gshop_studio.server.analytics.metrics.repository import MetricsRepository
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import Person, Shop

SUBSCRIPTION = """subscription($id: ID!) {
  streamMetrics(streamId: $id) { streamId timestamp viewerCount revenue currency engagementScore }
}"""
QUERY = SUBSCRIPTION.replace("subscription", "query")


def url_of(shop: Shop) -> str:
    return shop.url.replace("http://", "ws://") + "/graphql"


class Client:
    """One connection of graphql-transport-ws."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, kind: str, **fields: Any) -> None:
        await self.send_text(json.dumps({"type": kind, **fields}))

    async def send_text(self, text: str) -> None:
        await self._socket.send(text)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            message = json.loads(await self._socket.recv())
        assert isinstance(message, dict)
        return message

    async def init(self, **payload: Any) -> None:
        await self.send("connection_init", payload=payload)
        assert (await self.next())["type"] == "connection_ack"

    async def subscribe(self, stream_id: str, number: str = "1", query: str = SUBSCRIPTION) -> None:
        await self.send("subscribe", id=number, payload={"query": query, "variables": {"id": stream_id}})

    async def closed(self) -> int:
        """The code it is closed with."""
        with pytest.raises(ConnectionClosed) as closing:
            await self.next()
        assert closing.value.rcvd is not None
        return closing.value.rcvd.code


@asynccontextmanager
async def client_of(shop: Shop, **kwargs: Any) -> AsyncIterator[Client]:
    async with connect(url_of(shop), subprotocols=["graphql-transport-ws"], **kwargs) as socket:  # type: ignore[list-item]
        yield Client(socket)


async def ask(shop: Shop, query: str, who: Person | None = None, **variables: Any) -> dict[str, Any]:
    headers = who.headers if who else {}
    response = await shop.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert isinstance(answer, dict)
    return answer


async def test_points_come_as_they_are_measured_until_the_show_ends(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller, productIds=[await shop.product(seller)])
    meter = shop.server.analytics.meter
    await meter.measure_all()
    async with client_of(shop) as client:
        await client.init(token=seller.token)
        await client.subscribe(stream_id)
        first = await client.next()
        await meter.measure_all()
        second = await client.next()
        assert (first["type"], first["id"]) == ("next", "1")
        points = [message["payload"]["data"]["streamMetrics"] for message in (first, second)]
        assert points[0]["timestamp"] < points[1]["timestamp"]
        assert points[0] == {
            "streamId": stream_id,
            "timestamp": points[0]["timestamp"],
            "viewerCount": 0,
            "revenue": 0.0,
            "currency": "USD",
            "engagementScore": 0.0,
        }
        assert points[0]["timestamp"].endswith("Z")
        await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
        messages = [await client.next(), await client.next()]
        assert [message["type"] for message in messages] == ["next", "complete"]


async def test_the_last_point_can_be_asked_for(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    assert await ask(shop, QUERY, seller, id=stream_id) == {"data": {"streamMetrics": None}}
    await shop.server.analytics.meter.measure_all()
    answer = await ask(shop, QUERY, seller, id=stream_id)
    assert answer["data"]["streamMetrics"]["streamId"] == stream_id


async def test_rights_are_those_of_rest(shop: Shop, seller: Person) -> None:
    """Case 4."""
    stream_id = await shop.live_stream(seller)
    other = await shop.person()
    for who, wanted, code in (
        (None, stream_id, "auth.required"),
        (other, stream_id, "auth.forbidden"),
        (seller, "nothing", "stream.not_found"),
    ):
        (error,) = (await ask(shop, QUERY, who, id=wanted))["errors"]
        assert error["extensions"]["code"] == code and error["message"]
    async with client_of(shop) as client:
        await client.init(token=other.token)
        await client.subscribe(stream_id)
        message = await client.next()
        (error,) = message["payload"]["errors"]
        assert error["extensions"]["code"] == "auth.forbidden"


@pytest.mark.parametrize("payload", [{}, {"token": "nonsense"}, {"token": 7}, {"token": ["a"]}])
async def test_a_connection_without_a_good_token_is_closed(shop: Shop, payload: dict[str, Any]) -> None:
    async with client_of(shop) as client:
        await client.send("connection_init", payload=payload)
        assert await client.closed() == 4403


async def test_nothing_is_answered_before_the_connection_is_made(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    async with client_of(shop) as client:
        await client.subscribe(stream_id)
        assert await client.closed() == 4401


async def test_the_legacy_protocol_is_refused(shop: Shop) -> None:
    for protocols in (["graphql-ws"], None):
        async with connect(url_of(shop), subprotocols=protocols) as socket:  # type: ignore[arg-type]
            with pytest.raises(ConnectionClosed) as closing:
                async with asyncio.timeout(20):
                    await socket.recv()
        assert closing.value.rcvd is not None and closing.value.rcvd.code == 4406


async def test_a_page_of_another_origin_is_refused(shop: Shop) -> None:
    """Case 3."""
    with pytest.raises(InvalidStatus) as refusal:
        async with client_of(shop, origin="https://evil.example"):
            pass
    assert refusal.value.response.status_code == 403
    answer = await shop.http.post(
        "/graphql", json={"query": "{__typename}"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403 and answer.json()["code"] == "auth.forbidden"
    async with client_of(shop, origin=shop.url):
        pass


async def test_a_subscription_ends_with_its_token(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", access_token_s=8.0, **storage) as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        async with client_of(shop) as client:
            await client.init(token=seller.token)
            await client.subscribe(stream_id)
            ending = await client.next()
            (error,) = ending["payload"]["errors"]
            assert error["extensions"]["code"] == "auth.token_expired"
            assert (await client.next())["type"] == "complete"


async def test_who_is_no_longer_a_moderator_hears_no_more(shop: Shop, seller: Person) -> None:
    """Case 5."""
    stream_id = await shop.live_stream(seller)
    moderator = await shop.person()
    path = f"live/streams/{stream_id}/moderators"
    await shop.ask("POST", path, seller, status=201, json={"userId": moderator.id})
    async with client_of(shop) as client:
        await client.init(token=moderator.token)
        await shop.server.analytics.meter.measure_all()
        await client.subscribe(stream_id)
        assert "errors" not in (await client.next())["payload"]
        response = await shop.send("DELETE", f"{path}/{moderator.id}", seller)
        assert response.is_success
        await shop.server.analytics.meter.measure_all()
        (error,) = (await client.next())["payload"]["errors"]
        assert error["extensions"]["code"] == "auth.forbidden"


async def test_questions_are_limited_in_depth_and_size(shop: Shop, seller: Person) -> None:
    """Cases 6, 7 and 40."""
    deep = "{__schema{types{" + "fields{type{" * 200 + "name" + "}}" * 200 + "}}}"
    wide = "{" + " ".join(f"a{index}: __typename" for index in range(20)) + "}"
    long = "{" + "__typename " * 2000 + "}"
    for query in (deep, wide, long):
        assert (await ask(shop, query, seller)).get("errors")
    huge = await shop.http.post("/graphql", content=b'{"query": "' + b" " * 100_000 + b'"}')
    assert huge.status_code == 413
    assert (await shop.http.get("/graphql", params={"query": "{__typename}"})).status_code in (400, 404, 405)
    async with client_of(shop) as client:
        await client.init(token=seller.token)
        await client.subscribe("x", query="subscription {" + "a" * 70_000)
        assert await client.closed() == 1009
    for nonsense in (b"[1", b"{}", b'{"query": 7}', b'{"query": "{nothing}"}', b'{"query": null, "variables": []}'):
        answer = await shop.http.post("/graphql", content=nonsense, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500


async def test_subscriptions_on_a_connection_are_limited(shop: Shop, seller: Person) -> None:
    """Case 12."""
    stream_id = await shop.live_stream(seller)
    async with client_of(shop) as client:
        await client.init(token=seller.token)
        for number in range(11):
            await client.subscribe(stream_id, str(number))
        refused = await client.next()
        assert (refused["type"], refused["id"]) == ("error", "10")


async def test_messages_are_limited_as_those_of_sockets(tmp_path: Path, storage: dict[str, Any]) -> None:
    """Case 12: on a connection, and however often an address comes back."""
    async with Shop(tmp_path / "data", event_rate_limit="3/60 seconds", **storage) as shop:
        seller = await shop.person(Role.SELLER)
        async with client_of(shop) as client:
            await client.init(token=seller.token)
            for _ in range(2):
                await client.send("ping")
                assert (await client.next())["type"] == "pong"
            await client.send("ping")
            assert await client.closed() == 4429
        for _ in range(60 - 3):
            async with client_of(shop) as client:
                await client.send("ping")
                with contextlib.suppress(ConnectionClosed):
                    await client.next()
        async with client_of(shop) as client:
            await client.send("ping")
            assert await client.closed() == 4429


async def test_the_feed_goes_on_after_a_fault(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id = await shop.live_stream(seller)
    await shop.server.analytics.meter.measure_all()
    faults: list[object] = []
    points_after = MetricsRepository.points_after

    async def fail_once(repository: MetricsRepository, since: dict[str, Any]) -> list[Any]:
        if not faults:
            faults.append(since)
            raise RuntimeError("inner workings")
        return await points_after(repository, since)

    monkeypatch.setattr(MetricsRepository, "points_after", fail_once)
    async with client_of(shop) as client:
        await client.init(token=seller.token)
        await client.subscribe(stream_id)
        assert (await client.next())["payload"]["data"]["streamMetrics"]["streamId"] == stream_id
    assert faults


def test_a_server_nobody_asks_loads_no_graphql() -> None:
    """Which costs most of a second of its start."""
    command = "import sys, gshop_studio.server.app; sys.exit('strawberry' in sys.modules or 'graphql' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], timeout=120).returncode == 0


async def test_connections_of_an_address_are_limited(tmp_path: Path, storage: dict[str, Any]) -> None:
    """Case 12: with those of the sockets."""
    async with Shop(tmp_path / "data", max_connections_per_address=2, **storage) as shop:
        async with client_of(shop), client_of(shop):
            with pytest.raises(InvalidStatus):
                async with client_of(shop):
                    pass
        for _ in range(100):
            try:
                async with client_of(shop):
                    break
            except InvalidStatus:
                await asyncio.sleep(0.05)
        else:
            pytest.fail("the places were not given back")


async def test_the_schema_can_be_looked_at(shop: Shop) -> None:
    answer = await ask(shop, get_introspection_query())
    schema = build_client_schema(answer["data"])
    assert schema.subscription_type is not None and set(schema.subscription_type.fields) == {"streamMetrics"}
    assert set(schema.query_type.fields) == {"streamMetrics"} if schema.query_type else False


async def test_a_fault_of_ours_tells_nothing(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Case 44: neither to the client, nor the question or the token to the log."""

    async def fail(*_: object) -> None:
        raise RuntimeError("inner workings")

    monkeypatch.setattr(type(shop.server.analytics.feed), "latest", fail)
    with caplog.at_level(logging.DEBUG):
        answer = await ask(shop, QUERY, seller, id="canary-stream")
    assert "inner workings" not in json.dumps(answer) and answer["errors"]
    assert "a query failed" in caplog.text
    assert seller.token not in caplog.text and "canary-stream" not in caplog.text


async def test_failing_storage_is_told_as_such(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise Refused("storage.unreachable")

    monkeypatch.setattr(type(shop.server.analytics.feed), "latest", fail)
    (error,) = (await ask(shop, QUERY, seller, id="x"))["errors"]
    assert error["extensions"]["code"] == "storage.unreachable"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"no json",
        b"\xff",
        b"[" * 5000,
        b"null",
        b"[]",
        b"[1]",
        b"5",
        b"{}",
        b'{"query": 5}',
        b'{"query": "{ a }", "variables": 5}',
    ],
)
async def test_what_cannot_be_read_is_a_problem_as_everywhere(shop: Shop, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "es"}
    response = await shop.http.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "request.bad_body" and problem["detail"] == "No se pudo leer lo enviado."


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_browsers_visit_is_told_that_one_asks_by_post(shop: Shop, method: str) -> None:
    response = await shop.http.request(method, "/graphql?lang=pt", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "request.method_not_allowed" and response.headers["content-language"] == "pt"


@pytest.mark.parametrize(
    "text", ["5", "null", "[]", "{", '{"type": 5}', '{"type": "subscribe", "id": "1", "payload": 5}']
)
async def test_a_message_that_cannot_be_read_closes_the_connection(
    shop: Shop, seller: Person, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(shop) as client:
        await client.init(token=seller.token)
        await client.send_text(text)
        assert await client.closed() == 4400
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
