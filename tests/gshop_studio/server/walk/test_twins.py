"""What can be asked over REST and over a socket is allowed to the same people, and refused with the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.gshop_studio.server.shop import Listener, Person, Shop
from tests.gshop_studio.server.walk.scene import NOWHERE, Scene, scene_of

pytestmark = pytest.mark.asyncio(loop_scope="package")
PEOPLE = (
    "anonymous", "guest", "stranger", "viewer", "follower", "host", "moderator", "moderator: pin",
    "moderator without products", "moderator elsewhere", "support", "admin", "banned", "timed out",
)  # fmt: skip
FIRE = "\U0001f525"


@dataclass(frozen=True)
class Twins:
    event: str
    method: str
    path: str
    """Below the show's."""
    wish: Mapping[str, Any] = field(default_factory=dict)
    """Of both."""
    of_event: Mapping[str, Any] = field(default_factory=dict)
    """Of the event alone."""
    of_product: bool = False


TWINS = (
    Twins("live:join", "GET", ""),
    Twins("live:resume", "GET", "/messages", of_event={"afterSeq": 0}),
    Twins("live:message", "POST", "/messages", {"message": "good evening"}),
    Twins("live:message", "POST", "/messages", {"message": FIRE, "type": "reaction"}),
    Twins("live:reaction", "POST", "/messages", {"message": FIRE, "type": "reaction"}),
    Twins("live:product:click", "POST", "/products/{product_id}/click", of_product=True),
    Twins("live:product:highlight", "PUT", "/products/{product_id}/highlight", of_product=True),
    Twins("live:product:hide", "PUT", "/products/{product_id}/hide", of_product=True),
)


@pytest.mark.parametrize("show", [{}, {"isPrivate": True}, {"isPrivate": True, "allowedViewers": []}],
                         ids=["public", "for some", "for followers"])  # fmt: skip
async def test_both_allow_the_same(walked_shop: Shop, show: dict[str, Any]) -> None:
    """case 4."""
    scene = await scene_of(walked_shop, **show)
    for kind in PEOPLE:
        who = await scene.person(kind)
        listener = await scene.shop.listener(who)
        for twins in TWINS:
            for stream_id in (scene.stream_id, NOWHERE) if who else (scene.stream_id,):
                over_rest, over_socket = await both(scene, twins, who, listener, stream_id)
                assert over_rest == over_socket, (kind, twins, stream_id)
        await listener.client.disconnect()
    await scene.shop.ask("POST", f"{scene.path}/end", scene.host)
    listener = await scene.shop.listener(scene.host)
    for twins in TWINS:
        over_rest, over_socket = await both(scene, twins, scene.host, listener, scene.stream_id)
        assert over_rest == over_socket, (twins, "of a show that is over")


async def both(
    scene: Scene, twins: Twins, who: Person | None, listener: Listener, stream_id: str
) -> tuple[str | None, str | None]:
    """The codes of the refusals; None for what was done."""
    path = f"live/streams/{stream_id}{twins.path.format(product_id=scene.products[0])}"
    request = {"json": dict(twins.wish)} if twins.wish else {}
    response = await scene.shop.send(twins.method, path, who, **request)
    over_rest = response.json()["code"] if response.is_error else None
    wish = {"streamId": stream_id, **twins.wish, **twins.of_event}
    if twins.event == "live:reaction":
        wish = {"streamId": stream_id, "reaction": twins.wish["message"]}
    if twins.of_product:
        wish["productId"] = scene.products[0]
    answer = await listener.call(twins.event, wish)
    return over_rest, answer["error"]["code"] if not answer["ok"] else None
