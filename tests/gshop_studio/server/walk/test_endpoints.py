"""A walk through every endpoint: what it does for who may, and what it tells the others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.gshop_studio.server.shop import Person, Shop
from tests.gshop_studio.server.walk.endpoint import Access, Endpoint
from tests.gshop_studio.server.walk.endpoints import APART, ENDPOINTS, NO_STREAM
from tests.gshop_studio.server.walk.openapi import OpenApi
from tests.gshop_studio.server.walk.private import check_nothing_private
from tests.gshop_studio.server.walk.scene import NOWHERE, Scene, scene_of

pytestmark = pytest.mark.asyncio(loop_scope="package")
every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[endpoint.name for endpoint in ENDPOINTS])


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def seen(walked_shop: Shop) -> Scene:
    """A scene that every refused request leaves as it is."""
    scene = await scene_of(walked_shop)
    await scene.has_schedule()
    return scene


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def private(walked_shop: Shop) -> Scene:
    return await scene_of(walked_shop, isPrivate=True)


async def test_the_table_names_every_endpoint_there_is(openapi: OpenApi) -> None:
    names = [endpoint.name for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
    assert {*names, *APART} == openapi.names


@every_endpoint
async def test_does_what_it_says_for_who_may(walked_shop: Shop, openapi: OpenApi, endpoint: Endpoint) -> None:
    is_postgres = walked_shop.server.services.database.is_postgres
    for kind in endpoint.who_may[:1] if is_postgres else endpoint.who_may:  # who may does not depend on the database
        scene = await scene_of(walked_shop)
        for prepare in endpoint.before:
            await prepare(scene)
        response = await ask(scene, endpoint, await scene.person(kind))
        assert response.status_code == endpoint.status, (kind, response.text)
        openapi.check(endpoint.method, endpoint.path, response)
        if endpoint.status == 204:
            assert not response.content
            continue
        assert response.headers["content-type"].partition(";")[0] == endpoint.media_type
        if endpoint.access is Access.WATCH and kind in ("anonymous", "guest"):
            await check_nothing_private(scene, response.json())
        if endpoint.status == 201 and endpoint.media_type == "application/json":
            answer = response.json()
            assert {"id", "accessToken", "userId"} & set(answer), "a created thing is answered whole"


@every_endpoint
async def test_refuses_who_may_not(seen: Scene, private: Scene, openapi: OpenApi, endpoint: Endpoint) -> None:
    """cases 4, 16 and 43, for REST: the anonymous 401; strangers, and moderators without the right or of another show,
    403."""
    for kind, code in endpoint.refusals.items():
        response = await ask(seen, endpoint, await seen.person(kind))
        expect(response, code, kind)
        assert response.status_code == (401 if code == "auth.required" else 403), kind
        openapi.check(endpoint.method, endpoint.path, response)
    if endpoint.refused_on_private is not None:
        kinds = ["stranger"] + (["anonymous"] if endpoint.access is Access.WATCH else [])
        for kind in kinds:
            expect(await ask(private, endpoint, await private.person(kind)), endpoint.refused_on_private, kind)
    if NO_STREAM.items() <= endpoint.missing.items():
        assert endpoint.refused_on_private or endpoint.access is not Access.WATCH, "a private show is private here, too"


@every_endpoint
async def test_says_what_is_not_there(seen: Scene, openapi: OpenApi, endpoint: Endpoint) -> None:
    for name, code in endpoint.missing.items():
        kind = endpoint.who_may[-1] if endpoint.right is None else "host"
        response = await ask(seen, endpoint, await seen.person(kind), **{name: NOWHERE})
        expect(response, code, name)
        assert response.status_code == 404
        openapi.check(endpoint.method, endpoint.path, response)


@every_endpoint
async def test_names_the_field_that_does_not_fit(seen: Scene, openapi: OpenApi, endpoint: Endpoint) -> None:
    who = await seen.person(endpoint.who_may[0])
    for change, field in endpoint.invalid:
        request = endpoint.request(seen)
        response = await send(seen, endpoint, who, {**request, "json": {**request["json"], **change}})
        expect_field(response, field, openapi, endpoint)
    for name, value in endpoint.invalid_query:
        request = endpoint.request(seen)
        response = await send(seen, endpoint, who, {**request, "params": {**request.get("params", {}), name: value}})
        expect_field(response, name, openapi, endpoint)
    if endpoint.body is not None:
        request = endpoint.request(seen)
        response = await send(seen, endpoint, who, {**request, "json": {**request["json"], "nonsense": 1}})
        expect_field(response, "nonsense", openapi, endpoint, "field.unknown")
        for content in (b"{", b"[" * 10_000, b"\xff\xfe", b'"text"', b"5"):
            headers = {"Content-Type": "application/json"}
            response = await send(seen, endpoint, who, {"content": content, "headers": headers})
            assert response.status_code in (400, 422), (content[:10], response.text)
            openapi.check(endpoint.method, endpoint.path, response)
    if endpoint.files is not None:
        [(field, _)] = endpoint.files(seen).items()
        response = await send(seen, endpoint, who, {})
        expect_field(response, field, openapi, endpoint, "field.missing")
        response = await send(seen, endpoint, who, {"files": {field: ("a.png", b"no picture", "image/png")}})
        expect(response, "image.unreadable", field)


async def test_what_was_refused_changed_nothing(seen: Scene) -> None:
    """After all that was refused: the show is as it was, and its room was told of bans and moderators alone."""
    replay = await (await seen.shop.listener()).call("live:resume", {"streamId": seen.stream_id, "afterSeq": 0})
    events = {event["event"] for event in replay["events"]}
    assert events <= {
        "live:stream:started",
        "live:message",
        "live:moderators:updated",
        "live:user:banned",
        "live:user:timeout",
    }
    assert [event["data"]["message"] for event in replay["events"] if event["event"] == "live:message"] == ["hello"]
    stream = await seen.shop.ask("GET", seen.path)
    assert (stream["title"], stream["status"], stream["sharesCount"]) == ("Autumn sale", "live", 0)
    assert [item["productId"] for item in stream["products"]] == seen.products
    assert not any(item["isHighlighted"] or item["isPinned"] or item["clickCount"] for item in stream["products"])


async def ask(scene: Scene, endpoint: Endpoint, who: Person | None, **ids: str) -> httpx.Response:
    return await send(scene, endpoint, who, endpoint.request(scene), **ids)


async def send(
    scene: Scene, endpoint: Endpoint, who: Person | None, request: dict[str, Any], **ids: str
) -> httpx.Response:
    path = endpoint.path.format(**{**scene.ids, **ids})
    headers = {**(who.headers if who else {}), **request.pop("headers", {})}
    return await scene.shop.http.request(endpoint.method, path, headers=headers, **request)


def expect(response: httpx.Response, code: str, what: str) -> None:
    """The request was refused with this code, in a problem document."""
    assert response.headers["content-type"] == "application/problem+json", (what, response.status_code, response.text)
    problem = response.json()
    assert (problem["code"], problem["status"]) == (code, response.status_code), (what, problem)
    assert problem["detail"] and problem["title"]


def expect_field(
    response: httpx.Response, field: str, openapi: OpenApi, endpoint: Endpoint, code: str | None = None
) -> None:
    expect(response, "request.invalid", field)
    assert response.status_code == 422
    openapi.check(endpoint.method, endpoint.path, response)
    errors = {error["field"]: error for error in response.json()["errors"]}
    assert field in errors and errors[field]["detail"], errors
    assert code is None or errors[field]["code"] == code
