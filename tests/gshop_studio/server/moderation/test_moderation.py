"""Time-outs, bans, warnings, and the log of them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import socketio
from sqlalchemy import delete

from gshop_studio.contract.rest import Role
from gshop_studio.server.tables import UserRow
from tests.gshop_studio.server.chat.test_changes import moderator, say
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop, eventually


async def moderate(shop: Shop, who: Person, stream_id: str, action: str, **wish: Any) -> dict[str, Any]:
    path = f"live/streams/{stream_id}/moderation/{action}"
    return await shop.ask("POST", path, who, json=wish, status=201)


async def test_a_time_out_keeps_from_writing_and_can_be_taken_back(shop: Shop, seller: Person) -> None:
    """case 4: over the socket as over REST."""
    stream_id = await shop.live_stream(seller)
    mia, ana, viewer = await moderator(shop, seller, stream_id), await shop.guest("Ana"), await shop.listener()
    await viewer.join(stream_id)
    entry = await moderate(shop, mia, stream_id, "timeout", userId=ana.id, duration=300, reason="caps")
    assert (entry["action"], entry["userId"], entry["username"]) == ("timeout", ana.id, "Ana")
    assert (entry["moderatorId"], entry["moderatorName"], entry["duration"]) == (mia.id, "Mia", 300)
    assert entry["expiresAt"] > entry["createdAt"]
    [event] = await eventually(lambda: viewer.named("live:user:timeout"))
    assert (event["userId"], event["duration"], event["reason"]) == (ana.id, 300, "caps") and event["seq"]
    path = f"live/streams/{stream_id}/messages"
    response = await shop.send("POST", path, ana, json={"message": "let me"})
    assert response.status_code == 403 and response.json()["code"] == "chat.timed_out"
    assert 290 < int(response.headers["retry-after"]) <= 300
    listener = await shop.listener(ana)
    await listener.join(stream_id)
    answer = await listener.call("live:message", {"streamId": stream_id, "message": "let me"})
    assert answer["error"]["code"] == "chat.timed_out"
    for _ in range(2):
        await shop.ask("DELETE", f"live/streams/{stream_id}/moderation/timeout/{ana.id}", mia, status=204)
    await say(shop, ana, stream_id, "thank you")
    await eventually(lambda: viewer.named("live:message"))
    assert [event["userId"] for event in viewer.named("live:user:restored")] == [ana.id]


async def test_a_time_out_ends_by_itself(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id = await shop.live_stream(seller)
    ana = await shop.guest("Ana")
    service = shop.server.services.moderation
    clock = service._clock
    monkeypatch.setattr(service, "_clock", lambda: clock() - timedelta(seconds=61))
    await moderate(shop, seller, stream_id, "timeout", userId=ana.id, duration=60)
    await say(shop, ana, stream_id, "it is over")


async def test_a_ban_shuts_out_at_once_and_for_good(shop: Shop, seller: Person) -> None:
    """case 5: open sockets are closed, and who comes back is authorised anew; nothing is replayed to them."""
    stream_id, other = await shop.live_stream(seller), await shop.live_stream(seller)
    mia, ana, viewer = await moderator(shop, seller, stream_id), await shop.person(name="Ana"), await shop.listener()
    await viewer.join(stream_id)
    of_ana = await shop.listener(ana)
    await of_ana.join(stream_id)
    await moderate(shop, mia, stream_id, "ban", userId=ana.id, reason="threats")
    [event] = await eventually(lambda: viewer.named("live:user:banned"))
    assert (event["userId"], event["reason"]) == (ana.id, "threats")
    await eventually(lambda: not of_ana.client.connected)
    path = f"live/streams/{stream_id}/messages"
    assert await shop.refused("stream.banned", "POST", path, ana, json={"message": "x"}) == 403
    assert await shop.refused("stream.banned", "GET", path, ana) == 403
    back = await shop.listener(ana)
    for name, wish in (
        ("live:join", {}),
        ("live:resume", {"afterSeq": 0}),
        ("live:message", {"message": "x"}),
        ("live:reaction", {"reaction": "🔥"}),
    ):
        answer = await back.call(name, {"streamId": stream_id, **wish})
        assert answer["error"]["code"] == "stream.banned", name
    await say(shop, seller, stream_id, "where were we")
    await eventually(lambda: viewer.named("live:message"))
    assert back.events == []
    await say(shop, ana, other, "another show")
    await shop.ask("DELETE", f"live/streams/{stream_id}/moderation/ban/{ana.id}", mia, status=204)
    await eventually(lambda: viewer.named("live:user:restored"))
    await say(shop, ana, stream_id, "sorry")


async def test_a_ban_outlives_the_account(shop: Shop, seller: Person) -> None:
    """case 60, the part of the ban: the same address with another account is the same person."""
    stream_id = await shop.live_stream(seller)
    wish = {"email": "Ana@Example.com", "password": PASSWORD, "displayName": "Ana", "role": "buyer"}
    ana = (await shop.ask("POST", "auth/register", json=wish, status=201))["user"]["id"]
    await moderate(shop, seller, stream_id, "ban", userId=ana)
    async with shop.server.services.database.write() as transaction:
        await transaction.session.execute(delete(UserRow).where(UserRow.id == ana))
    anew = await shop.ask("POST", "auth/register", json={**wish, "email": "ana@example.com"}, status=201)
    again = Person(anew["user"]["id"], anew["accessToken"], None, "Ana")
    assert again.id != ana
    path = f"live/streams/{stream_id}/messages"
    await shop.refused("stream.banned", "POST", path, again, json={"message": "me again"})
    log = await shop.ask("GET", f"live/streams/{stream_id}/moderation/log", seller)
    assert log["entries"][0]["userId"] == ana and "username" not in log["entries"][0]


async def test_a_warning_reaches_one_person_alone(shop: Shop, seller: Person) -> None:
    """case 17."""
    stream_id = await shop.live_stream(seller)
    ana, zoe = await shop.guest("Ana"), await shop.guest("Zoe")
    one, two, other = await shop.listener(ana), await shop.listener(ana), await shop.listener(zoe)
    for listener in (one, two, other):
        await listener.join(stream_id)
    await moderate(shop, seller, stream_id, "warn", userId=ana.id, reason="be kind")
    for listener in (one, two):
        [event] = await eventually(partial(listener.named, "live:user:warned"))
        assert event["reason"] == "be kind" and "seq" not in event
    await say(shop, seller, stream_id, "go on")
    await eventually(lambda: other.named("live:message"))
    assert other.named("live:user:warned") == []
    await shop.refused(
        "request.invalid", "POST", f"live/streams/{stream_id}/moderation/warn", seller, json={"userId": ana.id}
    )


async def test_the_log_tells_all_newest_first_to_those_who_moderate(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia, ana, host = await moderator(shop, seller, stream_id), await shop.guest("Ana"), await shop.listener(seller)
    viewer = await shop.listener(ana)
    await host.join(stream_id)
    await viewer.join(stream_id)
    await moderate(shop, mia, stream_id, "warn", userId=ana.id, reason="one")
    await moderate(shop, mia, stream_id, "timeout", userId=ana.id, duration=90, reason="two")
    await shop.ask("DELETE", f"live/streams/{stream_id}/moderation/timeout/{ana.id}", mia, status=204)
    await moderate(shop, mia, stream_id, "ban", userId=ana.id)
    path = f"live/streams/{stream_id}/moderation/log"
    log = await shop.ask("GET", path, seller)
    assert [entry["action"] for entry in log["entries"]] == ["ban", "untimeout", "timeout", "warning", "name_moderator"]
    assert log["total"] == 5 and log["entries"][2]["duration"] == 90
    page = await shop.ask("GET", path, mia, params={"limit": 2, "offset": 1})
    assert page == {"entries": log["entries"][1:3], "total": 5}
    told = await eventually(lambda: host.named("live:moderation:logged")[3:] and host.named("live:moderation:logged"))
    assert [event["action"] for event in told] == ["warning", "timeout", "untimeout", "ban"]
    assert all(event["room"] == "staff" for event in told)
    assert viewer.named("live:moderation:logged") == []
    assert await shop.refused("auth.forbidden", "GET", path, await shop.guest()) == 403
    await shop.refused("auth.required", "GET", path)


@pytest.mark.parametrize("action", ["timeout", "ban", "warn"])
async def test_who_may_not_moderate_and_who_is_not_moderated(shop: Shop, seller: Person, action: str) -> None:
    """case 16: a moderator of another show, a viewer, one without the right; hosts and moderators are protected."""
    stream_id, other = await shop.live_stream(seller), await shop.live_stream(seller)
    mia, strange = await moderator(shop, seller, stream_id), await moderator(shop, seller, other)
    pinner, ana = await moderator(shop, seller, stream_id, "pin"), await shop.guest("Ana")
    path = f"live/streams/{stream_id}/moderation/{action}"
    wish: dict[str, Any] = {"userId": ana.id, "reason": "x", **({"duration": 60} if action == "timeout" else {})}
    await shop.refused("auth.required", "POST", path, json=wish)
    for person in (strange, pinner, ana):
        assert await shop.refused("auth.forbidden", "POST", path, person, json=wish) == 403
    for protected in (seller, mia, pinner):
        for person in (mia, seller):
            code = "moderation.not_allowed_on"
            assert await shop.refused(code, "POST", path, person, json={**wish, "userId": protected.id}) == 409
    assert await shop.refused("user.not_found", "POST", path, mia, json={**wish, "userId": "nobody"}) == 404
    assert await shop.refused("request.invalid", "POST", path, mia, json={**wish, "userId": 5}) == 422
    assert await shop.refused("request.invalid", "POST", path, mia, json={**wish, "reason": "x" * 301}) == 422
    if action != "warn":
        for person in (strange, pinner, ana):
            assert await shop.refused("auth.forbidden", "DELETE", f"{path}/{ana.id}", person) == 403


@pytest.mark.parametrize("duration", [0, -5, 86_401, 1.5, "long", None])
async def test_time_outs_that_do_not_fit(shop: Shop, seller: Person, duration: object) -> None:
    """case 6."""
    stream_id = await shop.live_stream(seller)
    wish = {"userId": (await shop.guest()).id, "duration": duration}
    await shop.refused("request.invalid", "POST", f"live/streams/{stream_id}/moderation/timeout", seller, json=wish)


async def test_an_anonymous_connection_stays_out_of_moderation(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    anonymous = await shop.listener()
    await anonymous.join(stream_id)
    assert isinstance(anonymous.client, socketio.AsyncClient)
    await moderate(shop, seller, stream_id, "ban", userId=(await shop.person(Role.BUYER)).id)
    await eventually(lambda: anonymous.named("live:user:banned"))
    assert anonymous.client.connected and anonymous.named("live:moderation:logged") == []
