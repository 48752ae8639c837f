"""The AsyncAPI document: no event without a schema, and what is really sent and acknowledged fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gshop_studio.contract.event_payloads import CLIENT_EVENTS, SERVER_EVENTS
from gshop_studio.contract.events import LASTING_EVENTS, ClientEvent, ServerEvent
from gshop_studio.contract.rest import Role
from gshop_studio.server.asyncapi import build
from tests.gshop_studio.server.shop import Shop, eventually

DOCUMENT = build()
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def validator(key: str) -> Any:
    schema = {**MESSAGES[key]["payload"], "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


def key_of(kind: str, event: str) -> str:
    return f"{kind}.{event.replace(':', '-')}"


def test_no_event_lacks_a_schema() -> None:
    assert set(CLIENT_EVENTS) == set(ClientEvent), "contract/event_payloads.py names the missing ones"
    assert set(SERVER_EVENTS) == set(ServerEvent), "contract/event_payloads.py names the missing ones"
    for client_event in CLIENT_EVENTS:
        assert {key_of("emit", client_event), key_of("ack", client_event)} <= MESSAGES.keys()
    for event in SERVER_EVENTS:
        message = MESSAGES[key_of("on", event)]
        assert message["x-room"] in ("person", "staff", "everybody")
        assert message["x-lasting"] == (event in LASTING_EVENTS)
        assert message["x-lasting"] == ("Lasting" in json.dumps(message["payload"]))


@pytest.mark.parametrize("key", MESSAGES)
def test_every_example_is_valid(key: str) -> None:
    (example,) = MESSAGES[key]["examples"]
    errors = list(validator(key).iter_errors(example["payload"]))
    assert not errors, (example, str(errors[0]))


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    for reference in {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}:
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


async def test_what_is_sent_and_acknowledged_fits(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data") as shop:
        assert (await shop.http.get("/asyncapi.json")).json() == DOCUMENT
        seller = await shop.person(Role.SELLER)
        product_id = await shop.product(seller)
        stream_id = await shop.live_stream(seller)
        await shop.ask("POST", f"live/streams/{stream_id}/products", seller, json={"productId": product_id}, status=201)
        host, viewer = await shop.listener(seller), await shop.listener(await shop.guest())
        show = {"streamId": stream_id}
        product = {**show, "productId": product_id}
        calls = [
            (host, "live:join", show),
            (viewer, "live:join", show),
            (viewer, "live:ping", show),
            (viewer, "live:message", {**show, "message": "Does the mug keep hot?"}),
            (viewer, "live:message", {**show, "message": ""}),
            (viewer, "live:reaction", {**show, "reaction": "🔥"}),
            (host, "live:product:highlight", product),
            (viewer, "live:product:click", product),
            (host, "live:product:hide", product),
            (viewer, "live:product:hide", product),
            (viewer, "live:resume", {**show, "afterSeq": 0}),
            (viewer, "live:leave", show),
        ]
        for listener, event, body in calls:
            acknowledged = await listener.call(event, body)
            errors = list(validator(key_of("ack", event)).iter_errors(acknowledged))
            assert not errors, (event, acknowledged, str(errors[0]))
        await eventually(lambda: host.named("live:product:hidden") and host.named("live:reactions"))
        heard = {name for name, _ in [*host.events, *viewer.events]}
        assert {"live:joined", "live:message", "live:product:highlighted", "live:pong", "live:viewers:update"} <= heard
        for event, data in [*host.events, *viewer.events]:
            errors = list(validator(key_of("on", event)).iter_errors(data))
            assert not errors, (event, data, str(errors[0]))
