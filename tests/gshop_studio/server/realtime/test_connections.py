"""Who connects, from where, with what; and what a hostile or broken client gets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import socketio
import websockets

from gshop_studio.contract.rest import Role
from gshop_studio.server.realtime.outgoing import Outgoing
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def refusal(shop: Shop, **kwargs: Any) -> dict[str, Any]:
    """What a client that is not let in is told."""
    told: list[dict[str, Any]] = []
    client = socketio.AsyncClient(reconnection=False)

    async def keep(data: dict[str, Any]) -> None:
        told.append(data)

    client.on("connect_error", keep)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(shop.url, transports=["websocket"], **kwargs)
    await client.disconnect()
    [data] = told
    return data


@pytest.mark.parametrize("token", ["garbage", 5, ["x"], {"a": 1}])
async def test_a_bad_token_is_refused_with_its_code(shop: Shop, token: object) -> None:
    told = await refusal(shop, auth={"token": token}, headers={"Accept-Language": "es"})
    assert told["data"] == {"code": "auth.bad_token", "detail": told["message"]}
    assert told["message"] == "Esta sesión no es válida. Inicia sesión de nuevo."


async def test_an_expired_sign_in_is_closed_and_not_let_in_again(tmp_path: Path) -> None:
    """case 5: nothing is done for an expired token, its open socket is closed, and it is authorised anew."""
    async with Shop(tmp_path / "data", access_token_s=3.0) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        guest = await shop.guest()
        listener = await shop.listener(guest)
        await listener.join(stream_id)
        await eventually(lambda: not listener.client.connected)
        assert (await refusal(shop, auth={"token": guest.token}))["data"]["code"] == "auth.token_expired"


async def test_pages_of_others_open_no_socket(shop: Shop) -> None:
    """case 3: a foreign Origin is refused at the handshake, by polling and by WebSocket; our own page is not."""
    port = shop.url.rpartition(":")[2]
    handshake = f"{shop.url}/socket.io/?EIO=4&transport=polling"
    foreign = [
        "https://evil.example",
        "null",
        f"http://evil.example:{port}",
        "http://127.0.0.1:1",
        f"https://127.0.0.1:{port}",
    ]
    for origin in foreign:
        for host in (f"127.0.0.1:{port}", f"evil.example:{port}"):
            response = await shop.http.get(handshake, headers={"Origin": origin, "Host": host})
            assert response.status_code == 400, (origin, host)
            assert "access-control-allow-origin" not in response.headers
        with pytest.raises(websockets.InvalidStatus):
            await open_websocket(shop, origin=origin)
    for own in (shop.url, f"http://localhost:{port}"):
        assert (await shop.http.get(handshake, headers={"Origin": own})).status_code == 200
    assert (await shop.http.get(handshake)).status_code == 200


async def test_rest_grants_nothing_to_other_origins(shop: Shop, seller: Person) -> None:
    """case 33: no CORS header at all, so no page of another origin reads an answer."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        response = await shop.send(method, "auth/me", seller, headers=headers)
        assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_an_address_has_so_many_connections(tmp_path: Path) -> None:
    """case 12: the next one is refused, and a place that becomes free is free."""
    async with Shop(tmp_path / "data", max_connections_per_address=3) as shop:
        listeners = [await shop.listener() for _ in range(3)]
        assert (await refusal(shop))["data"]["code"] == "connection.too_many"
        await listeners[0].client.disconnect()

        async def is_let_in() -> bool:
            try:
                await shop.listener()
            except socketio.exceptions.ConnectionError:
                return False
            return True

        for _ in range(100):
            if await is_let_in():
                return
            await asyncio.sleep(0.02)
        pytest.fail("the freed place was not given again")


STRANGE: list[Any] = [
           None, 5, "text", [], {}, {"streamId": 5}, {"streamId": None}, {"streamId": ["x"]}, {"streamId": {}},
           {"streamId": "x" * 65}, {"streamId": "\ud800"}, {"streamId": "x", "more": 1}, {"streamId": b"\xff\xfe"},
           {"streamId": "no such show"}]  # fmt: skip
EVENTS = ["live:join", "live:leave", "live:ping", "live:resume", "live:message", "live:product:highlight",
          "live:product:hide", "live:no_such_event"]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS)
async def test_strange_data_gets_an_error_and_the_connection_lives(shop: Shop, seller: Person, event: str) -> None:
    """case 6."""
    listener = await shop.listener(seller)
    stream_id = await shop.live_stream(seller)
    for data in STRANGE:
        answer = await listener.call(event, data)
        if answer != {"ok": True}:  # leaving what one is not in
            assert answer["ok"] is False and answer["error"]["code"].split(".")[0] in ("request", "stream"), (
                data,
                answer,
            )
            assert answer["error"]["detail"]
    extra: list[dict[str, Any]] = [
        {"afterSeq": -1}, {"afterSeq": 1.5}, {"afterSeq": "x"}, {"message": "\udfff"},
        {"message": "x", "type": "purchase"},
        {"productId": 5}, {"productId": "nope", "capturedAt": "x"}, {"sessionId": "x" * 300}, {"sessionId": 4},
        {"message": "x", "clientMessageId": ""}, nested(200),
    ]  # fmt: skip
    for fields in extra:
        answer = await listener.call(event, {"streamId": stream_id, **fields})
        assert answer["ok"] is False, fields
    assert (await listener.join(stream_id))["ok"] is True


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


async def open_websocket(shop: Shop, origin: str | None = None) -> websockets.ClientConnection:
    url = shop.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    return await websockets.connect(url, origin=websockets.Origin(origin) if origin else None, max_size=2**22)


async def connect_raw(shop: Shop) -> websockets.ClientConnection:
    connection = await open_websocket(shop)
    assert json.loads(str(await connection.recv())[1:])["maxPayload"] == 65536
    await connection.send("40")
    assert str(await connection.recv()).startswith("40")
    return connection


async def test_an_oversize_packet_closes_its_sender_only(shop: Shop, seller: Person) -> None:
    """case 7: before the memory is taken; compression, and with it a bomb, is not agreed on."""
    stream_id = await shop.live_stream(seller)
    witness = await shop.listener(seller)
    await witness.join(stream_id)
    for size in (70_000, 2_000_000):
        connection = await connect_raw(shop)
        assert connection.protocol.extensions == []
        await connection.send(f'421["live:message",{{"streamId":"{stream_id}","message":"{"x" * size}"}}]')
        await asyncio.wait_for(connection.wait_closed(), 10)
    response = await shop.http.get("/socket.io/?EIO=4&transport=polling")
    sid = json.loads(response.text[1:])["sid"]
    url = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    assert (await shop.http.post(url, content=b"4" + b"x" * 70_000)).status_code == 413
    assert (await witness.call("live:message", {"streamId": stream_id, "message": "still here"}))["ok"] is True


MALFORMED: list[str | bytes] = [
    "", "9", "x", "0", "1", "3", "5", "6",
    "4", "4x", "49", "42", "42[", "42[]", "42[5]", "42{}", "42null", '42["live:join"', "421" + "[" * 20_000,
    "451-", '4599999-["x",{"_placeholder":true,"num":0}]', "43", "430[]", "44", "40/other,", "41/other,", b"\xff\xfe",
    '421["connect"]', '421["disconnect"]', '421["*",{}]', '421["live:join"]', '421["live:join",{},{},{}]',
]  # fmt: skip


async def test_malformed_packets_hurt_nobody_else(shop: Shop, seller: Person) -> None:
    """cases 6 and 9: packets that are none, and attachments that never come."""
    stream_id = await shop.live_stream(seller)
    witness = await shop.listener(seller)
    connections = [await connect_raw(shop) for _ in MALFORMED]
    for packet, connection in zip(MALFORMED, connections, strict=True):
        await connection.send(packet)
    assert (await witness.join(stream_id))["ok"] is True
    for connection in connections:
        connection.transport.abort()
    await eventually(lambda: shop.server.sockets.count == 1)
    assert (await witness.call("live:message", {"streamId": stream_id, "message": "fine"}))["ok"] is True


async def test_a_polling_post_takes_few_packets(shop: Shop) -> None:
    """case 8: a POST of very many tiny packets is thrown away as a whole."""
    response = await shop.http.get("/socket.io/?EIO=4&transport=polling")
    sid = json.loads(response.text[1:])["sid"]
    url = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    await shop.http.post(url, content="\x1e".join(["40"] * 10_000))
    assert shop.server.sockets.count == 0


async def test_a_reader_that_does_not_read_is_let_go(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 11: what waits for one reader is bounded, the others get theirs."""
    monkeypatch.setattr("gshop_studio.server.realtime.outbox.UNSENT_BYTES_LIMIT", 200_000)
    stream_id = await shop.live_stream(seller)
    reader, deaf = await shop.listener(), await connect_raw(shop)
    await reader.join(stream_id)
    await deaf.send(f'421["live:join",{{"streamId":"{stream_id}"}}]')
    await deaf.recv()
    deaf.transport.pause_reading()
    await eventually(lambda: shop.server.sockets.count == 2)
    count = 0
    while shop.server.sockets.count == 2:
        count += 1
        assert count < 5_000, "the deaf reader was kept"
        padded = Outgoing(stream_id, "live:viewers:update", {"number": count, "pad": "x" * 50_000})
        await shop.server.realtime.delivery.send(padded)
        await asyncio.sleep(0.005)
    deaf.transport.abort()
    numbers = range(1, count + 1)
    await eventually(lambda: [data["number"] for _, data in reader.events if "number" in data] == list(numbers))
