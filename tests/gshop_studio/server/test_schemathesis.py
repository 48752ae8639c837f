"""The OpenAPI document is the truth: whatever is sent that it allows, or that it does not, the answer is one it names.

Each operation is asked with made-up input, some of it broken, by the anonymous and by a seller with a show on air; half
of the time about things that exist. No answer is a 5xx, and none has a status, a media type, a header or a body that is
not documented.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from tests.gshop_studio.server.shop import Person, Shop
from tests.gshop_studio.server.shop_thread import ShopThread
from tests.gshop_studio.server.walk.endpoints import APART, ENDPOINTS
from tests.gshop_studio.server.walk.scene import Scene, scene_of

OPERATIONS = [*(endpoint.name for endpoint in ENDPOINTS), *APART]
METRICS_TOKEN = "a token of the metrics"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 12
"""Of each operation, for each caller, of each kind of input."""
_IDS_IN_BODIES = {"productId": "product_id", "userId": "user_id"}
_ENDING = frozenset({"POST /api/v1/live/streams/{stream_id}/end", "DELETE /api/v1/live/streams/{stream_id}"})
_SIGNING_OUT = frozenset({"POST /api/v1/auth/logout-everywhere", "PUT /api/v1/users/me/password"})


@dataclass
class Asked:
    """A running server, what exists there, and its document."""

    schema: Any
    scene: Scene
    ids: dict[str, str]
    of_over: dict[str, str]
    """Of a show that is over."""
    guest: Person
    session: requests.Session

    def caller(self, who: str, operation: str) -> dict[str, str]:
        if operation == "GET /metrics":
            return {"Authorization": f"Bearer {METRICS_TOKEN}"} if who == "seller" else {}
        if who == "anonymous":
            return {}
        return (self.guest if operation in _SIGNING_OUT else self.scene.host).headers

    def known(self, operation: str) -> dict[str, str]:
        is_about_the_past = operation in _ENDING or operation.endswith("/report")
        return {**self.ids, **(self.of_over if is_about_the_past else {})}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    data_dir = tmp_path_factory.mktemp("schemathesis") / "data"
    with ShopThread(Shop(data_dir, metrics_token=METRICS_TOKEN)) as thread, requests.Session() as session:
        scene, over, guest = thread.run(_fill(thread.shop))
        document = requests.get(f"{thread.shop.url}/openapi.json", timeout=10).json()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=thread.shop.url)
        yield Asked(schema, scene, scene.ids, over, guest, session)


async def _fill(shop: Shop) -> tuple[Scene, dict[str, str], Person]:
    scene = await scene_of(shop)
    await scene.has_picture()
    await scene.has_highlight()
    over = await shop.live_stream(scene.host, productIds=scene.products)
    await shop.ask("POST", f"live/streams/{over}/end", scene.host)
    return scene, {"stream_id": over}, await shop.person(Role.SELLER)


def test_all_operations_are_asked(asked: Asked) -> None:
    names = {result.ok().label for result in asked.schema.get_all_operations()}
    assert names == set(OPERATIONS)


@pytest.mark.parametrize("who", ["anonymous", "seller"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_documented(asked: Asked, operation: str, who: str) -> None:
    method, _, path = operation.partition(" ")
    found = asked.schema[path][method]
    headers = asked.caller(who, operation)
    for mode in _kinds_of_input(found):

        @seed(20_310_401)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=found.as_strategy(generation_mode=mode), is_known=st.booleans())
        def answers(case: Any, is_known: bool) -> None:
            if is_known:
                _name_what_exists(case, asked.known(operation))
            case.call_and_validate(headers=headers, checks=CHECKS, session=asked.session, timeout=20)

        answers()


def _kinds_of_input(operation: Any) -> list[GenerationMode]:
    """Broken input, too, where there is any to break: a path takes every text."""
    raw = operation.definition.raw
    can_break = "requestBody" in raw or any(each["in"] != "path" for each in raw.get("parameters", ()))
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if can_break else [])]


def _name_what_exists(case: Any, known: dict[str, str]) -> None:
    case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, dict):
        for name, kind in _IDS_IN_BODIES.items():
            if name in case.body:
                case.body[name] = known[kind]
