"""A walk through every event, from clients and from the server."""

from __future__ import annotations

import pytest
import pytest_asyncio

from gshop_studio.contract.events import LASTING_EVENTS, STAFF_EVENTS, ClientEvent, ServerEvent
from tests.gshop_studio.server.shop import Listener, Shop
from tests.gshop_studio.server.walk.asyncapi import AsyncApi
from tests.gshop_studio.server.walk.client_events import CLIENT_EVENTS, Emitted
from tests.gshop_studio.server.walk.private import check_nothing_private
from tests.gshop_studio.server.walk.scene import NOWHERE, Scene, scene_of
from tests.gshop_studio.server.walk.server_events import EVERYBODY, SERVER_EVENTS, Told
from tests.gshop_studio.server.walk.stage import stage_of

pytestmark = pytest.mark.asyncio(loop_scope="package")
each_emitted = pytest.mark.parametrize("emitted", CLIENT_EVENTS, ids=[item.event.value for item in CLIENT_EVENTS])
each_told = pytest.mark.parametrize("told", SERVER_EVENTS, ids=[item.event.value for item in SERVER_EVENTS])


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def asyncapi(walked_shop: Shop) -> AsyncApi:
    return AsyncApi((await walked_shop.http.get("/asyncapi.json")).json())


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def seen(walked_shop: Shop) -> Scene:
    """A scene that every refused event leaves as it is."""
    return await scene_of(walked_shop)


async def listener_of(scene: Scene, kind: str) -> Listener:
    return await scene.shop.listener(await scene.person(kind))


async def test_the_tables_name_every_event_there_is(asyncapi: AsyncApi) -> None:
    emitted = {item.event for item in CLIENT_EVENTS}
    told = {item.event for item in SERVER_EVENTS}
    assert emitted == set(ClientEvent)
    assert told == set(ServerEvent)
    keys = {f"{kind}.{item.replace(':', '-')}" for kind in ("emit", "ack") for item in emitted}
    assert keys | {f"on.{item.replace(':', '-')}" for item in told} == asyncapi.keys


@each_emitted
async def test_acknowledges_who_may(walked_shop: Shop, asyncapi: AsyncApi, emitted: Emitted) -> None:
    scene = await scene_of(walked_shop)
    for prepare in emitted.before:
        await prepare(scene)
    listener = await listener_of(scene, emitted.who)
    if emitted.event is ClientEvent.PING:
        await listener.join(scene.stream_id)
    wish = {"streamId": scene.stream_id, **emitted.fields(scene)}
    asyncapi.check("emit", emitted.event, wish)
    answer = await listener.call(emitted.event, wish)
    assert answer["ok"] is True and set(emitted.holds) <= set(answer), answer
    asyncapi.check("ack", emitted.event, answer)
    await listener.client.disconnect()


@each_emitted
async def test_refuses_who_may_not(seen: Scene, asyncapi: AsyncApi, emitted: Emitted) -> None:
    """cases 4, 16 and 43, for sockets."""
    for kind, code in emitted.refusals:
        listener = await listener_of(seen, kind)
        answer = await listener.call(emitted.event, {"streamId": seen.stream_id, **emitted.fields(seen)})
        assert answer["ok"] is False and answer["error"]["code"] == code and answer["error"]["detail"], (kind, answer)
        asyncapi.check("ack", emitted.event, answer)
        await listener.client.disconnect()


@each_emitted
async def test_says_what_is_not_there_and_what_does_not_fit(seen: Scene, asyncapi: AsyncApi, emitted: Emitted) -> None:
    listener = await listener_of(seen, emitted.who)
    answer = await listener.call(emitted.event, {**emitted.fields(seen), "streamId": NOWHERE})
    assert answer.get("error", {}).get("code") == emitted.nowhere, answer
    asyncapi.check("ack", emitted.event, answer)
    if "productId" in emitted.fields(seen):
        answer = await listener.call(emitted.event, {"streamId": seen.stream_id, "productId": NOWHERE})
        assert answer["error"]["code"] == "stream.product_not_found", answer
    for change, field in emitted.invalid:
        wish = {"streamId": seen.stream_id, **emitted.fields(seen), **change}
        answer = await listener.call(emitted.event, wish)
        assert answer["error"]["code"] == "request.invalid", (change, answer)
        errors = {error["field"]: error for error in answer["error"]["errors"]}
        assert errors[field]["code"].startswith("field.") and errors[field]["detail"], errors
        asyncapi.check("ack", emitted.event, answer)
    await listener.client.disconnect()


async def test_what_does_not_exist_is_told_so(seen: Scene) -> None:
    listener = await listener_of(seen, "viewer")
    answer = await listener.call("live:bid", {"streamId": seen.stream_id, "productId": seen.products[0]})
    assert answer["error"]["code"] == "request.unknown_event"
    await listener.client.disconnect()


@each_told
async def test_is_heard_by_whom_it_is_for(walked_shop: Shop, asyncapi: AsyncApi, told: Told) -> None:
    """case 17: an event of the staff, or of one person, reaches nobody else; no event tells viewers what is private."""
    stage = await stage_of(walked_shop)
    await told.step(stage)
    data = await stage.heard(told.event, list(told.hearers))
    asyncapi.check("on", told.event, data)
    assert set(told.holds) <= set(data) and data["at"] > 0, data
    assert ("seq" in data) == (told.event in LASTING_EVENTS or told.event is ServerEvent.JOINED)
    assert (data.get("room") == "staff") == (told.event in STAFF_EVENTS & LASTING_EVENTS)
    if told.event is not ServerEvent.PONG:
        assert data["streamId"] == stage.expected.get("streamId", stage.scene.stream_id)
    if told.event not in (ServerEvent.JOINED, ServerEvent.VIEWERS_UPDATE):
        assert {name: data.get(name) for name in stage.expected} == stage.expected
    if others := sorted(set(EVERYBODY) - set(told.hearers)):
        last = ServerEvent.STREAM_ENDED if told.event is ServerEvent.STREAM_RESULT else ServerEvent.MESSAGE
        if last is ServerEvent.MESSAGE:
            await stage.scene.say(stage.scene.host, "what came before has been heard")
        await stage.heard(last, others)
        assert not [kind for kind in others if stage.listeners[kind].named(told.event)]
    for kind in ("anonymous", "viewer"):
        await check_nothing_private(stage.scene, stage.listeners[kind].events)
    await stage.leave()
