"""What a client makes of a show: a snapshot, and each event after it applied to it."""

from __future__ import annotations

import copy
from typing import Any

_COUNTED = frozenset(
    {"viewerCount", "peakViewerCount", "totalViews", "totalLikes", "likesCount", "totalMessages", "sharesCount"}
)
"""Told by aggregates, or not at all."""
_OF_STAFF = frozenset({"gmv", "revenue", "totalRevenue", "metrics", "currency", "allowedViewers", "moderators"})
_NOT_TOLD = frozenset({"highlightedAt", "clickCount", "addToCartCount", "purchaseCount", "revenue"})
"""Of a product: known from a snapshot alone."""


class RoomFold:
    """Pure. `apply` takes the lasting events of the whole room in the order of their `seq`."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        snapshot = copy.deepcopy(snapshot)
        self.seq: int = snapshot["seq"]
        self.staff_seq: int | None = snapshot.get("staffSeq")
        self.stream = _public(snapshot["stream"])
        self.products = {item["productId"]: _told(item) for item in snapshot["currentProducts"]}
        self.messages = {message["id"]: message for message in snapshot["recentMessages"]}
        self.pinned = {message["id"]: message for message in snapshot["pinnedMessages"]}
        """The one pinned last comes first."""
        self.settings = {name: value for name, value in snapshot["chatSettings"].items() if name != "blockedWords"}

    @property
    def state(self) -> dict[str, Any]:
        return {
            "stream": self.stream,
            "products": sorted(self.products.values(), key=lambda item: item["position"]),
            "messages": list(self.messages.values()),
            "pinned": list(self.pinned.values()),
            "settings": self.settings,
        }

    def apply(self, event: str, data: dict[str, Any]) -> None:
        data = copy.deepcopy(data)
        if data.get("room") == "staff":
            assert self.staff_seq is not None, "it is not for us"
            assert data["seq"] == self.staff_seq + 1, (event, data, self.staff_seq)
            self.staff_seq = data["seq"]
            return
        assert data["seq"] == self.seq + 1, (event, data, self.seq)
        self.seq = data["seq"]
        handler = getattr(self, "_on_" + event.removeprefix("live:").replace(":", "_"), None)
        if handler is not None:
            handler(data)

    # --- chat ---------------------------------------------------------------------------------------------------

    def _on_message(self, data: dict[str, Any]) -> None:
        if not data["isDeleted"]:  # a replay says so of what was deleted since
            del data["at"]
            self.messages[data["id"]] = data

    def _on_message_deleted(self, data: dict[str, Any]) -> None:
        self.messages.pop(data["messageId"], None)
        self.pinned.pop(data["messageId"], None)

    def _on_message_edited(self, data: dict[str, Any]) -> None:
        for known in (self.messages, self.pinned):
            if data["messageId"] in known:
                known[data["messageId"]] |= {"message": data["message"], "editedAt": data["editedAt"]}

    def _on_message_pinned(self, data: dict[str, Any]) -> None:
        self.pinned = {data["messageId"]: data["message"], **self.pinned}
        if data["messageId"] in self.messages:
            self.messages[data["messageId"]]["isPinned"] = True

    def _on_message_unpinned(self, data: dict[str, Any]) -> None:
        self.pinned.pop(data["messageId"], None)
        if data["messageId"] in self.messages:
            self.messages[data["messageId"]]["isPinned"] = False

    def _on_chat_settings(self, data: dict[str, Any]) -> None:
        self.settings = {name: data[name] for name in ("slowModeS", "followersOnly", "links")}

    # --- products -----------------------------------------------------------------------------------------------

    def _on_product_updated(self, data: dict[str, Any]) -> None:
        self.products[data["product"]["productId"]] = _told(data["product"])

    def _on_product_removed(self, data: dict[str, Any]) -> None:
        del self.products[data["productId"]]
        self._number(sorted(self.products, key=lambda each: int(self.products[each]["position"])))

    def _on_products_reordered(self, data: dict[str, Any]) -> None:
        assert set(data["productIds"]) == set(self.products)
        self._number(data["productIds"])

    def _number(self, product_ids: list[str]) -> None:
        for position, product_id in enumerate(product_ids, 1):
            self.products[product_id]["position"] = position

    def _on_product_highlighted(self, data: dict[str, Any]) -> None:
        shown = self.products[data["product"]["id"]]
        assert not [item for item in self.products.values() if item["isHighlighted"] and item is not shown]
        shown |= {"isHighlighted": True, "isVisible": True, "product": data["product"]}

    def _on_product_hidden(self, data: dict[str, Any]) -> None:
        self.products[data["productId"]] |= {"isHighlighted": False, "isVisible": False}

    def _on_product_pinned(self, data: dict[str, Any]) -> None:
        self.products[data["productId"]]["isPinned"] = True

    def _on_product_unpinned(self, data: dict[str, Any]) -> None:
        self.products[data["productId"]]["isPinned"] = False

    def _on_product_stock(self, data: dict[str, Any]) -> None:
        item = self.products[data["productId"]]
        item["soldCount"] = item["product"]["soldCount"] = data["soldCount"]
        item["product"]["stock"] = data["stock"]

    # --- the show -----------------------------------------------------------------------------------------------

    def _on_stream_updated(self, data: dict[str, Any]) -> None:
        self.stream = _public(data["stream"])

    def _on_stream_receiving(self, _data: dict[str, Any]) -> None:
        self.stream["isReceiving"] = True

    def _on_stream_interrupted(self, data: dict[str, Any]) -> None:
        self.stream |= {"isReceiving": False, "status": data["status"]}


def _public(stream: dict[str, Any]) -> dict[str, Any]:
    left_out = _COUNTED | _OF_STAFF | {"products", "updatedAt", "hlsUrl"}  # the last is each server's own, in tests
    return {name: value for name, value in stream.items() if name not in left_out}


def _told(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _NOT_TOLD}
