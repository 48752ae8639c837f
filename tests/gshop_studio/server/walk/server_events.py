"""The table of events the server sends: how each is brought about, who hears it, and what it must hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from gshop_studio.contract.events import PERSONAL_EVENTS, STAFF_EVENTS, ServerEvent
from gshop_studio.server.tables import LiveStreamRow
from tests.gshop_studio.server.shop import eventually
from tests.gshop_studio.server.walk.stage import Stage

Step = Callable[[Stage], Awaitable[Any]]
EVERYBODY = ("anonymous", "viewer", "host", "moderator")


@dataclass(frozen=True)
class Told:
    event: ServerEvent
    step: Step
    """Brings it about."""
    holds: tuple[str, ...] = ()
    """What the plan says is in it, besides `streamId`."""

    @property
    def hearers(self) -> tuple[str, ...]:
        if self.event in (ServerEvent.USER_WARNED, ServerEvent.NOTIFICATION):
            return ("viewer",)
        if self.event in PERSONAL_EVENTS:
            return EVERYBODY
        return ("host", "moderator") if self.event in STAFF_EVENTS else EVERYBODY


async def joins(stage: Stage) -> None:
    stage.expected = {"streamId": stage.scene.stream_id, "viewerCount": 1}


async def pings(stage: Stage) -> None:
    for listener in stage.listeners.values():
        await listener.call("live:ping", {"streamId": stage.scene.stream_id})


def on_viewer(action: str, **wish: Any) -> Step:
    async def step(stage: Stage) -> None:
        user_id = stage.scene.viewer.id
        await stage.host_asks("POST", f"moderation/{action}", status=201, userId=user_id, reason="why", **wish)
        stage.expected = {"userId": user_id, "reason": "why", **wish}

    return step


async def is_announced(stage: Stage) -> None:
    await stage.shop.ask("POST", f"sellers/{stage.scene.host.id}/follow", stage.scene.viewer)
    await publishes(stage)
    await stage.shop.server.services.notifications.announcer.look()
    stage.expected = {"kind": "live", "title": "Alba is live", "unreadCount": 1, "isRead": False}


async def speaks(stage: Stage) -> None:
    stage.expected = await stage.scene.say(stage.scene.viewer, "good evening")


async def deletes(stage: Stage) -> None:
    message_id = stage.scene.ids["message_id"]
    await stage.host_asks("DELETE", f"messages/{message_id}", status=204, reason="spam")
    stage.expected = {"messageId": message_id, "reason": "spam", "userId": stage.scene.viewer.id}


async def edits(stage: Stage) -> None:
    message_id = stage.scene.ids["message_id"]
    path = f"{stage.scene.path}/messages/{message_id}"
    edited = await stage.shop.ask("PATCH", path, stage.scene.viewer, json={"message": "hello all"})
    stage.expected = {"messageId": message_id, "message": "hello all", "editedAt": edited["editedAt"]}


async def pins(stage: Stage) -> None:
    message = await stage.host_asks("PUT", f"messages/{stage.scene.ids['message_id']}/pin")
    stage.expected = {"messageId": message["id"], "message": message}


async def unpins(stage: Stage) -> None:
    await pins(stage)
    message = await stage.host_asks("DELETE", f"messages/{stage.scene.ids['message_id']}/pin")
    stage.expected = {"messageId": message["id"]}


async def restores(stage: Stage) -> None:
    await on_viewer("timeout", duration=60)(stage)
    await stage.host_asks("DELETE", f"moderation/timeout/{stage.scene.viewer.id}", status=204)
    stage.expected = {"userId": stage.scene.viewer.id}


async def names(stage: Stage) -> None:
    named = await stage.host_asks("POST", "moderators", status=201, userId=stage.scene.viewer.id, rights=["pin"])
    moderators = (await stage.host_asks("GET", "moderators"))["moderators"]
    assert named in moderators
    stage.expected = {"moderators": [{name: it[name] for name in ("userId", "displayName")} for it in moderators]}


async def gives_rights(stage: Stage) -> None:
    await names(stage)
    stage.expected = {"moderators": (await stage.host_asks("GET", "moderators"))["moderators"]}


async def changes_settings(stage: Stage) -> None:
    await stage.host_asks("PUT", "chat-settings", slowModeS=7, blockedWords=["spoiler"])
    stage.expected = {"slowModeS": 7, "followersOnly": False, "links": "allow"}


async def highlights(stage: Stage) -> None:
    await stage.host_asks("PUT", f"products/{stage.scene.products[0]}/highlight")
    [product] = (await stage.host_asks("GET", "products/highlighted"))["products"]
    stage.expected = {"product": product["product"], "position": 1, "isPinned": False}


async def hides(stage: Stage) -> None:
    await highlights(stage)
    await stage.host_asks("PUT", f"products/{stage.scene.products[0]}/hide")
    stage.expected = {"productId": stage.scene.products[0]}


async def removes(stage: Stage) -> None:
    await stage.host_asks("DELETE", f"products/{stage.scene.products[0]}", status=204)
    stage.expected = {"productId": stage.scene.products[0]}


async def adds(stage: Stage) -> None:
    added = await stage.host_asks("POST", "products", status=201, productId=stage.scene.spare_product_id)
    stage.expected = {"product": {name: value for name, value in added.items() if name != "revenue"}}


async def pins_product(stage: Stage) -> None:
    await stage.host_asks("PUT", f"products/{stage.scene.products[0]}/pin")
    stage.expected = {"productId": stage.scene.products[0]}


async def unpins_product(stage: Stage) -> None:
    await pins_product(stage)
    await stage.host_asks("PUT", f"products/{stage.scene.products[0]}/unpin")


async def sells_out(stage: Stage) -> None:
    await stage.host_asks("PATCH", f"products/{stage.scene.products[0]}", stock=0)
    stage.expected = {"productId": stage.scene.products[0], "stock": 0}


async def alerts(stage: Stage) -> None:
    await sells_out(stage)
    stage.expected |= {"type": "low_stock", "code": "product.low_stock", "message": "Sold out: Mug."}


async def reorders(stage: Stage) -> None:
    product_ids = stage.scene.products[::-1]
    await stage.host_asks("PUT", "products/reorder", productIds=product_ids)
    stage.expected = {"productIds": product_ids}


async def plans(stage: Stage) -> str:
    """Another show of the host, to come, in whose room everybody is."""
    later = await stage.shop.stream(stage.scene.host, title="Winter sale", scheduledAt="2031-12-01T18:00:00.000Z")
    await stage.join(later)
    return later


async def starts(stage: Stage) -> None:
    later = await plans(stage)
    answer = await stage.shop.ask("POST", f"live/streams/{later}/start", stage.scene.host)
    stage.expected = {"streamId": later, "title": "Winter sale", "hlsUrl": answer["hlsPlaybackUrl"]}


async def cancels(stage: Stage) -> None:
    later = await plans(stage)
    await stage.shop.ask("DELETE", f"live/streams/{later}", stage.scene.host, status=204)
    stage.expected = {"streamId": later, "status": "cancelled"}


async def publishes(stage: Stage) -> None:
    await stage.shop.media.authority.media_started(stage.scene.stream_id)


async def loses_media(stage: Stage) -> None:
    await publishes(stage)
    await stage.shop.media.authority.media_stopped(stage.scene.stream_id)
    stage.expected = {"status": "live"}


async def ends(stage: Stage) -> None:
    await stage.host_asks("POST", "end")
    stage.expected = {"peakViewers": 3, "totalPurchases": 0}


async def earns(stage: Stage) -> None:
    await ends(stage)
    stage.expected |= {"revenue": 0, "currency": "USD"}


async def edits_show(stage: Stage) -> None:
    await stage.shop.ask("PATCH", stage.scene.path, stage.scene.host, json={"title": "Spring sale"})


async def fills(stage: Stage) -> None:
    crowd = [await stage.shop.listener() for _ in range(8)]
    for viewer in crowd:
        await viewer.join(stage.scene.stream_id)
    stage.expected = {"milestone": 10, "code": "milestone.viewers", "message": "10 people are watching now!"}
    await eventually(lambda: stage.listeners["host"].named("live:milestone:viewers"))
    await asyncio.gather(*(viewer.client.disconnect() for viewer in crowd))


async def holds(stage: Stage) -> None:
    await stage.scene.has_held_message()
    stage.expected = {"id": stage.scene.ids["message_id"], "reasons": ["links"], "userId": stage.scene.viewer.id}


async def decides(stage: Stage) -> None:
    await stage.scene.has_held_message()
    held = stage.scene.ids["message_id"]
    await stage.host_asks("POST", f"moderation/queue/{held}", decision="reject")
    stage.expected = {"messageId": held, "decision": "reject", "moderatorId": stage.scene.host.id}


async def moderates(stage: Stage) -> None:
    await on_viewer("warn")(stage)
    stage.expected = {"action": "warning", "moderatorId": stage.scene.host.id, "userId": stage.scene.viewer.id}


async def reacts(stage: Stage) -> None:
    await stage.listeners["viewer"].call("live:reaction", {"streamId": stage.scene.stream_id, "reaction": "\U0001f525"})
    stage.expected = {"reactions": {"\U0001f525": 1}}


async def buys(stage: Stage) -> None:
    await stage.scene.has_order()
    stage.expected = {"productId": stage.scene.products[0], "productName": "Mug", "quantity": 1, "totalPurchases": 1}


async def sells(stage: Stage) -> None:
    await stage.scene.has_order()
    stage.expected = {"orderId": stage.scene.ids["order_id"], "amount": 18.5, "currency": "USD"}


async def sells_the_tenth(stage: Stage) -> None:
    async with stage.shop.server.services.database.write() as transaction:
        query = update(LiveStreamRow).where(LiveStreamRow.id == stage.scene.stream_id).values(total_purchases=9)
        await transaction.session.execute(query)
    await stage.scene.has_order()
    stage.expected = {"milestone": 10, "message": "10 purchases in this show!"}


async def is_measured(stage: Stage) -> None:
    await stage.shop.server.analytics.meter.measure_all()
    stage.expected = {"viewerCount": 3, "purchasesCount": 0, "revenue": 0}


E_ = ServerEvent
SERVER_EVENTS = (
    Told(E_.JOINED, joins, ("viewerCount", "currentProducts", "recentMessages", "seq", "stream")),
    Told(E_.PONG, pings, ("serverTime",)),
    Told(E_.USER_WARNED, on_viewer("warn"), ("userId", "reason")),
    Told(E_.NOTIFICATION, is_announced, ("id", "kind", "title", "body", "url", "createdAt")),
    Told(E_.MESSAGE, speaks, ("id", "userId", "username", "message", "type", "createdAt", "metadata")),
    Told(E_.MESSAGE_DELETED, deletes, ("messageId", "reason")),
    Told(E_.MESSAGE_EDITED, edits, ("messageId", "message", "editedAt")),
    Told(E_.MESSAGE_PINNED, pins, ("messageId", "message")),
    Told(E_.MESSAGE_UNPINNED, unpins, ("messageId",)),
    Told(E_.USER_TIMEOUT, on_viewer("timeout", duration=300), ("userId", "duration", "reason")),
    Told(E_.USER_BANNED, on_viewer("ban"), ("userId", "reason")),
    Told(E_.USER_RESTORED, restores, ("userId",)),
    Told(E_.MODERATORS_UPDATED, names, ("moderators",)),
    Told(E_.CHAT_SETTINGS, changes_settings, ("slowModeS", "followersOnly", "links")),
    Told(E_.PRODUCT_HIGHLIGHTED, highlights, ("product", "position", "isPinned", "mediaAt")),
    Told(E_.PRODUCT_HIDDEN, hides, ("productId", "mediaAt")),
    Told(E_.PRODUCT_REMOVED, removes, ("productId",)),
    Told(E_.PRODUCT_UPDATED, adds, ("product",)),
    Told(E_.PRODUCT_PINNED, pins_product, ("productId",)),
    Told(E_.PRODUCT_UNPINNED, unpins_product, ("productId",)),
    Told(E_.PRODUCT_STOCK, sells_out, ("productId", "stock", "soldCount")),
    Told(E_.PRODUCTS_REORDERED, reorders, ("productIds",)),
    Told(E_.STREAM_STARTED, starts, ("title", "hlsUrl")),
    Told(E_.STREAM_RECEIVING, publishes),
    Told(E_.STREAM_INTERRUPTED, loses_media, ("heldUntil",)),
    Told(E_.STREAM_ENDED, ends, ("duration", "totalViews", "peakViewers", "totalPurchases")),
    Told(E_.STREAM_RESULT, earns, ("duration", "totalViews", "peakViewers", "totalPurchases", "revenue")),
    Told(E_.STREAM_CANCELLED, cancels, ("status",)),
    Told(E_.STREAM_UPDATED, edits_show, ("stream",)),
    Told(E_.MILESTONE_VIEWERS, fills, ("milestone", "message", "peakViewers")),
    Told(E_.PURCHASE_CELEBRATION, buys, ("productId", "productName", "quantity", "message", "totalPurchases",
                                         "showAnimation")),
    Told(E_.MILESTONE_PURCHASE, sells_the_tenth, ("milestone", "message")),
    Told(E_.SALE, sells, ("orderId", "buyerName", "amount")),
    Told(E_.PRODUCT_ALERT, alerts, ("productId", "type", "message", "stock")),
    Told(E_.MESSAGE_HELD, holds, ("id", "message", "reasons")),
    Told(E_.MESSAGE_DECIDED, decides, ("messageId", "decision")),
    Told(E_.MODERATED, moderates, ("id", "action", "moderatorId", "createdAt")),
    Told(E_.MODERATORS_RIGHTS, gives_rights, ("moderators",)),
    Told(E_.REACTIONS, reacts, ("reactions", "recentReactions")),
    Told(E_.VIEWERS_UPDATE, joins, ("viewerCount", "change")),
    Told(E_.ANALYTICS_UPDATE, is_measured, ("timestamp", "viewerCount", "messagesPerMinute", "reactionsPerMinute",
                                            "purchasesCount", "revenue")),
)  # fmt: skip
