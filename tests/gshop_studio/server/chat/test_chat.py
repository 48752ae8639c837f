"""The chat over REST and over the socket."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.chat.settings.test_settings import keep
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def test_a_message_is_the_same_everywhere(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    guest, viewer = await shop.guest("Zoe"), await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/messages"
    posted = await shop.ask("POST", path, guest, json={"message": "  ¡Hola! <b>👋</b>  "}, status=201)
    assert posted["message"] == "¡Hola! <b>👋</b>" and posted["username"] == "Zoe" and posted["type"] == "message"
    assert posted["metadata"] == {"isModerator": False, "isSeller": False, "isVip": False}
    assert posted["isPinned"] is False and posted["isDeleted"] is False and posted["seq"] == 2
    await eventually(lambda: viewer.named("live:message"))
    sent = viewer.named("live:message")[0]
    assert {key: value for key, value in sent.items() if key != "at"} == posted
    assert (await shop.ask("GET", path))["messages"] == [posted]
    snapshot = await (await shop.listener()).join(stream_id)
    assert snapshot["recentMessages"] == [posted]
    assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalMessages"] == 1


async def test_the_sellers_messages_bear_the_badge(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    host = await shop.listener(seller)
    answer = await host.call("live:message", {"streamId": stream_id, "message": "Welcome"})
    assert answer["message"]["metadata"]["isSeller"] is True


async def test_who_may_not_chat(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/messages"
    await shop.refused("auth.required", "POST", path, json={"message": "x"})
    anonymous = await shop.listener()
    answer = await anonymous.call("live:message", {"streamId": stream_id, "message": "x"})
    assert answer["error"]["code"] == "auth.required"
    guest = await shop.guest()
    await shop.refused("stream.not_found", "POST", "live/streams/nope/messages", guest, json={"message": "x"})
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await shop.refused("stream.over", "POST", path, guest, json={"message": "x"}) == 409


@pytest.mark.parametrize("message", ["", "   ", "x" * 501, None, 5, ["x"], {"a": 1}, True])
async def test_what_is_no_message_is_refused(shop: Shop, seller: Person, message: object) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/messages"
    assert await shop.refused("request.invalid", "POST", path, seller, json={"message": message}) == 422
    listener = await shop.listener(seller)
    answer = await listener.call("live:message", {"streamId": stream_id, "message": message})
    assert answer["ok"] is False and answer["error"]["code"] == "request.invalid"
    assert (await listener.call("live:message", {"streamId": stream_id, "message": "x" * 500}))["ok"] is True


async def test_clients_do_not_write_the_servers_kinds_of_message(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    for kind in ("system", "product_alert", "purchase"):
        wish = {"message": "x", "type": kind}
        await shop.refused("request.invalid", "POST", f"live/streams/{stream_id}/messages", seller, json=wish)


async def test_a_repeated_message_is_one_message(shop: Shop, seller: Person) -> None:
    """cases 13, 14 and 28 for chat: a person's key is one message."""
    stream_id = await shop.live_stream(seller)
    ana, zoe = await shop.guest("Ana"), await shop.guest("Zoe")
    path = f"live/streams/{stream_id}/messages"
    wish = {"message": "hello", "clientMessageId": "k1"}
    listener = await shop.listener(ana)
    answers = await asyncio.gather(
        *(shop.ask("POST", path, ana, json=wish, status=201) for _ in range(8)),
        listener.call("live:message", {"streamId": stream_id, **wish}),
        shop.ask("POST", path, ana, json={"message": "hello"}, headers={"Idempotency-Key": "k1"}, status=201),
    )
    messages = [answer.get("message") if "ok" in answer else answer for answer in answers]
    assert all(message == messages[0] for message in messages)
    other = {**wish, "message": "something else"}
    assert await shop.refused("idempotency.key_reused", "POST", path, ana, json=other) == 409
    of_zoe = await shop.ask("POST", path, zoe, json=wish, status=201)
    assert of_zoe["id"] != answers[0]["id"] and of_zoe["username"] == "Zoe"
    assert len((await shop.ask("GET", path))["messages"]) == 2


async def test_a_key_means_one_message_in_all_shows_for_a_day(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await shop.live_stream(seller), await shop.live_stream(seller)
    guest, keys = await shop.guest(), shop.server.chat.keys
    await keep(shop, seller, one, links="hold")
    paths = [f"live/streams/{stream_id}/messages" for stream_id in (one, other)]
    wishes = [
        {"message": "hello", "clientMessageId": "written"},
        {"message": "see https://example.com", "clientMessageId": "held"},
    ]
    first = [await shop.send("POST", paths[0], guest, json=wish) for wish in wishes]
    assert [answer.status_code for answer in first] == [201, 202]

    async def is_kept() -> None:
        await keys.forget_old()
        for wish, answer in zip(wishes, first, strict=True):
            assert (await shop.send("POST", paths[0], guest, json=wish)).json() == answer.json()
            for text in (wish["message"], "something else"):
                again = {**wish, "message": text}
                assert await shop.refused("idempotency.key_reused", "POST", paths[1], guest, json=again) == 409

    await is_kept()
    monkeypatch.setattr(keys, "_clock", lambda: utc_now() + timedelta(hours=23))
    await is_kept()
    monkeypatch.setattr(keys, "_clock", lambda: utc_now() + timedelta(hours=25))
    await keys.forget_old()
    for wish in wishes:
        await shop.ask("POST", paths[1], guest, json=wish, status=201)


async def test_a_flood_is_slowed_down_by_whatever_way(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 15: REST and socket count together, a new connection does not help; repeats of a sent message are free."""
    async with Shop(tmp_path / "data", **storage, chat_rate_limit="10/10 seconds") as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        guest = await shop.guest()
        path = f"live/streams/{stream_id}/messages"
        wish = {"message": "hi", "clientMessageId": "first"}
        for _ in range(3):
            await shop.ask("POST", path, guest, json=wish, status=201)
        listener = await shop.listener(guest)
        for _ in range(9):
            assert (await listener.call("live:message", {"streamId": stream_id, "message": "hi"}))["ok"]
        response = await shop.send("POST", path, guest, json={"message": "hi"})
        assert response.status_code == 429 and response.json()["code"] == "chat.rate_limited"
        assert 1 <= int(response.headers["retry-after"]) <= 10
        again = await shop.listener(guest)
        answer = await again.call("live:message", {"streamId": stream_id, "message": "hi"})
        assert answer["error"]["code"] == "chat.rate_limited" and answer["error"]["retryAfter"] >= 1
        await shop.ask("POST", path, guest, json=wish, status=201)
        await shop.ask("POST", path, await shop.guest(), json={"message": "me too"}, status=201)


async def test_history_goes_back_page_by_page(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/messages"
    for number in range(7):
        await shop.ask("POST", path, seller, json={"message": str(number)}, status=201)
    seen: list[str] = []
    before: str | None = None
    while page := (await shop.ask("GET", path, params={"limit": 3, **({"before": before} if before else {})}))[
        "messages"
    ]:
        seen = [message["message"] for message in page] + seen
        before = page[0]["id"]
    assert seen == [str(number) for number in range(7)]
    fourth = (await shop.ask("GET", path))["messages"][4]
    found = await shop.ask("GET", path, params={"before": fourth["createdAt"]})
    assert [message["message"] for message in found["messages"]][:3] == ["0", "1", "2"]
    for nonsense in ("yesterday", "2026-01-01T00:00:00"):
        await shop.refused("request.invalid", "GET", path, params={"before": nonsense})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
async def test_a_moment_outside_of_time_is_refused(shop: Shop, seller: Person, moment: str) -> None:
    """case 6."""
    path = f"live/streams/{await shop.live_stream(seller)}/messages"
    assert await shop.refused("request.invalid", "GET", path, params={"before": moment}) == 422


@pytest.mark.parametrize("text", ["\u200b", "\u200b \u2060\ufeff", "\u3164", "\u2800\ufe0f", "\U000e0020"])
async def test_a_message_with_nothing_to_see_is_refused(shop: Shop, seller: Person, text: str) -> None:
    """case 6: posted, sent or edited."""
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/messages"
    assert await shop.refused("request.invalid", "POST", path, seller, json={"message": text}) == 422
    answer = await (await shop.listener(seller)).call("live:message", {"streamId": stream_id, "message": text})
    assert answer["error"]["code"] == "request.invalid"
    said = await shop.ask("POST", path, seller, json={"message": f"a{text}b"}, status=201)
    assert said["message"] == f"a{text}b"
    assert await shop.refused("request.invalid", "PATCH", f"{path}/{said['id']}", seller, json={"message": text}) == 422


async def test_a_socket_speaks_by_the_name_its_person_has_now(shop: Shop, seller: Person) -> None:
    stream_id, ana = await shop.live_stream(seller), await shop.person(name="Ana")
    socket = await shop.listener(ana)
    await socket.join(stream_id)
    await shop.ask("PATCH", "users/me/profile", ana, json={"displayName": "Ana María"})
    wish = {"streamId": stream_id, "message": "hello", "clientMessageId": "k1"}
    for _ in range(2):
        assert (await socket.call("live:message", wish))["message"]["username"] == "Ana María"
    [event] = await eventually(lambda: socket.named("live:message"))
    assert event["username"] == "Ana María"
