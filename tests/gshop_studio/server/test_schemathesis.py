"""The OpenAPI document is the truth: whatever is sent that it allows, or that it does not, the answer is one it names.

Each operation is asked with made-up input, some of it broken, by the anonymous and by a seller with a show on air,
mostly about things that exist. No answer is a 5xx, and none has a status, a media type, a header or a body that is not
documented.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gshop_studio.contract.rest import Role
from gshop_studio.server.secret_key import SecretKey
from tests.gshop_studio.server.checkout.buying import buyer_of
from tests.gshop_studio.server.conftest import SECRET_KEY, SIZES
from tests.gshop_studio.server.payments.mercado_pago_stub import signed
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop
from tests.gshop_studio.server.shop_thread import ShopThread
from tests.gshop_studio.server.walk.endpoints import APART, API, ENDPOINTS, NOTICE
from tests.gshop_studio.server.walk.scene import Scene, in_days, png, scene_of
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer

OPERATIONS = [*(endpoint.name for endpoint in ENDPOINTS), *APART]
METRICS_TOKEN = "a token of the metrics"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = dict(zip(SIZES, (12, 8), strict=True))
"""By size: of each operation, for each caller, of each kind of input."""
_ID_NAMES = {"streamId": "stream_id", "productId": "product_id", "userId": "user_id"}
_EDIT = f"PATCH {API}/live/streams/{{stream_id}}/messages/{{message_id}}"
_LOG_IN = f"POST {API}/auth/login"
_CHECKOUT = f"{API}/orders/live-checkout"
_PURCHASE = f"POST {_CHECKOUT}/purchase"


@dataclass
class Asked:
    """A running server, what exists there, and its document."""

    schema: Any
    scene: Scene
    others: dict[str, dict[str, str]]
    """By operation: of what it is asked about instead, because it would take away what the others need."""
    fields: dict[str, Any]
    """What some fields of bodies must be to be taken."""
    email: str
    doers: dict[str, Person]
    """By operation: who does it in the host's place, because a host may not, or loses their sign-in by it."""
    purchase: dict[str, str]
    """What buying the cart takes."""
    session: requests.Session
    statuses: dict[str, set[int]]
    """By operation: what was answered so far."""
    thread: ShopThread
    examples: int
    notice_secret: bytes
    """What the sandbox signs its notices with."""

    def say_anew(self) -> None:
        """What the message is that exists: only what was just said may be edited."""
        said = self.thread.run(self.scene.say(self.scene.host, "only just said"))
        self.scene.ids["message_id"] = said["id"]

    def headers(self, who: str, operation: str) -> dict[str, str]:
        if who == "anonymous":
            return {}
        if operation == "GET /metrics":
            return {"Authorization": f"Bearer {METRICS_TOKEN}"}
        if operation == NOTICE:
            return signed(None, "a-request", int(time.time()), secret=self.notice_secret)
        return self.doers.get(operation, self.scene.host).headers

    def name_what_exists(self, case: Any, operation: str) -> None:
        known = {**self.scene.ids, **self.others.get(operation, {})}
        case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
        if isinstance(case.body, dict):
            fields = {**self.fields, **{name: known[kind] for name, kind in _ID_NAMES.items()}}
            if operation == _LOG_IN:
                fields["email"] = self.email
            if operation == _PURCHASE:
                fields |= self.purchase
            case.body |= {name: value for name, value in fields.items() if name in case.body}


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def kept(size: str, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The settings that say where things are kept."""
    if size == "sqlite":
        yield {}
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: RedisServer = request.getfixturevalue("redis_server")
    with asyncio.Runner() as runner:
        database = postgres.database()
        url = runner.run(_entered(database))
        yield {"database_url": url, "redis_url": redis.url, "secret_key": SECRET_KEY}
        runner.run(_left(database))


async def _entered(database: AbstractAsyncContextManager[str]) -> str:
    return await database.__aenter__()


async def _left(database: AbstractAsyncContextManager[str]) -> None:
    await database.__aexit__(None, None, None)


@pytest.fixture(scope="module")
def asked(size: str, kept: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    data_dir = tmp_path_factory.mktemp("schemathesis") / "data"
    shop = Shop(data_dir, metrics_token=METRICS_TOKEN, **kept)
    with ShopThread(shop) as thread, requests.Session() as session:
        document = requests.get(f"{thread.shop.url}/openapi.json", timeout=10).json()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=thread.shop.url)
        yield thread.run(_fill(thread, schema, session, EXAMPLES[size]))


async def _fill(thread: ShopThread, schema: Any, session: requests.Session, examples: int) -> Asked:
    shop = thread.shop
    scene = await scene_of(shop)
    shows = [await shop.live_stream(scene.host, productIds=scene.products) for _ in range(4)]
    for stream_id in shows[:2]:
        await shop.ask("POST", f"live/streams/{stream_id}/end", scene.host)
    await scene.has_picture()
    await scene.has_highlight()
    await scene.has_held_message()
    await scene.has_address(scene.host)
    await scene.has_payment_method(scene.host)
    await scene.has_schedule()
    await scene.has_device(scene.host)
    removed = dict(scene.ids)
    hosted_for_sellers = await shop.live_stream(scene.host, productIds=scene.products)
    await scene.is_affiliates(hosted_for_sellers)
    affiliate, admin = await shop.person(Role.AFFILIATE), await scene.person("admin")
    assert admin is not None
    await scene.has_schedule()
    await scene.has_address(scene.host)
    await scene.has_payment_method(scene.host, "tok_slow")
    held, shelf = scene.ids["message_id"], f"{API}/live/streams/{{stream_id}}/products"
    messages = f"{API}/live/streams/{{stream_id}}/messages"
    spoken = [(await scene.say(scene.host, text))["id"] for text in ("good evening", "welcome")]
    scene.ids["message_id"] = spoken[0]
    follow = {"seller_id": (await shop.person(Role.SELLER)).id}
    others = {
        f"DELETE {API}/live/streams/{{stream_id}}": {"stream_id": shows[0]},
        f"GET {API}/live/streams/{{stream_id}}/report": {"stream_id": shows[1]},
        f"POST {API}/live/streams/{{stream_id}}/end": {"stream_id": shows[2]},
        f"DELETE {API}/products/{{product_id}}": {"product_id": await shop.product(scene.host)},
        f"POST {shelf}": {"stream_id": shows[3], "product_id": scene.spare_product_id},
        f"DELETE {shelf}/{{product_id}}": {"stream_id": shows[3]},
        f"POST {API}/products/{{product_id}}/image": {"product_id": scene.spare_product_id},
        f"DELETE {messages}/{{message_id}}": {"message_id": spoken[1]},
        f"POST {API}/live/streams/{{stream_id}}/moderation/queue/{{message_id}}": {"message_id": held},
        f"DELETE {API}/users/me/addresses/{{address_id}}": {"address_id": removed["address_id"]},
        f"DELETE {API}/users/me/payment-methods/{{method_id}}": {"method_id": removed["method_id"]},
        f"DELETE {API}/live/schedules/{{schedule_id}}": {"schedule_id": removed["schedule_id"]},
        f"PUT {API}/live/streams/{{stream_id}}/co-hosts": {"stream_id": hosted_for_sellers},
        f"PUT {API}/affiliates/{{user_id}}/commission": {"user_id": affiliate.id},
        f"POST {API}/sellers/{{seller_id}}/follow": follow,
        f"DELETE {API}/sellers/{{seller_id}}/follow": follow,
    }
    email = (await shop.ask("GET", "auth/me", await shop.person()))["email"]
    fields = {
        "productIds": scene.products,
        "products": scene.products,
        "coHosts": [],
        "scheduledDate": in_days(3),
        "timeZone": "America/Lima",
        "refreshToken": (await shop.person()).refresh_token,
        "currentPassword": PASSWORD,
        "newPassword": PASSWORD,
        "password": PASSWORD,
        **dict.fromkeys(("image", "avatar", "thumbnail"), png()),
    }
    leaving = ("POST {}/auth/logout-everywhere", "PUT {}/users/me/password", "DELETE {}/users/delete-account")
    doers = {operation.format(API): await shop.person() for operation in leaving}
    doers[f"PUT {API}/affiliates/{{user_id}}/commission"] = admin
    for operation in (f"PUT {_CHECKOUT}/cart/items/{{item_id}}", f"DELETE {_CHECKOUT}/cart/items/{{item_id}}"):
        buyer = await buyer_of(shop)
        doers[operation] = buyer.person
        others[operation] = {"item_id": (await buyer.add(scene.stream_id, scene.products[0]))["itemId"]}
    buyer = await buyer_of(shop)
    scene.ids["order_id"] = (await buyer.take(scene.stream_id, scene.products[0]))["id"]
    doers[f"GET {API}/orders/{{order_id}}"] = buyer.person
    doers[f"POST {_CHECKOUT}/add-to-cart"] = await shop.person()
    buyer = await buyer_of(shop)
    await buyer.add(scene.stream_id, scene.products[0])
    doers[_PURCHASE], purchase = buyer.person, await buyer.wish(scene.stream_id)
    return Asked(
        schema, scene, others, fields, email, doers, purchase, session, defaultdict(set), thread, examples,
        _secret_of(shop).derive("sandbox notices"),
    )  # fmt: skip


def _secret_of(shop: Shop) -> SecretKey:
    given = shop.config.secret_key
    if given is not None:
        return SecretKey.parse(given.get_secret_value(), "it")
    return SecretKey.load_or_create(shop.config.data_dir / "secret.key")


def test_all_operations_are_asked(asked: Asked) -> None:
    names = {result.ok().label for result in asked.schema.get_all_operations()}
    assert names == set(OPERATIONS)


@pytest.mark.parametrize("who", ["anonymous", "seller"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_documented(asked: Asked, operation: str, who: str) -> None:
    method, _, path = operation.partition(" ")
    found = asked.schema[path][method]
    headers, statuses = asked.headers(who, operation), asked.statuses[operation]
    if operation == _EDIT:
        asked.say_anew()
    for mode in _kinds_of_input(found):

        @seed(20_310_401)
        @settings(max_examples=asked.examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=found.as_strategy(generation_mode=mode), number=st.integers(0, 3))
        def answers(case: Any, number: int) -> None:
            if number:
                asked.name_what_exists(case, operation)
            answer = case.call_and_validate(headers=headers, checks=CHECKS, session=asked.session, timeout=20)
            statuses.add(answer.status_code)

        answers()
    assert who == "anonymous" or any(status < 300 for status in statuses), f"it was never done: {statuses}"


def _kinds_of_input(operation: Any) -> list[GenerationMode]:
    """Broken input, too, where there is any to break: a path takes every text."""
    raw = operation.definition.raw
    can_break = "requestBody" in raw or any(each["in"] != "path" for each in raw.get("parameters", ()))
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if can_break else [])]
