"""Bodies of the contract as the shop would send them, for tests of the use cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gshop_studio.contract.events import Snapshot
from gshop_studio.contract.rest import CardProduct, ChatMessage, Host, Product, Stream, StreamProduct
from gshop_studio.domain.stream_life import StreamStatus

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
SHOW = "show-1"


def card(product_id: str, **changes: Any) -> CardProduct:
    fields = {"id": product_id, "name": f"Product {product_id}", "price": 10.0, "currency": "USD", "stock": 5}
    return CardProduct.model_validate(fields | changes)


def on_shelf(product_id: str, position: int, *, is_highlighted: bool = False) -> StreamProduct:
    return StreamProduct(
        id=f"row-{product_id}",
        stream_id=SHOW,
        product_id=product_id,
        product=card(product_id),
        position=position,
        is_visible=is_highlighted,
        is_highlighted=is_highlighted,
    )


def product(product_id: str) -> Product:
    return Product(id=product_id, seller_id="me", name=product_id, price=10.0, currency="USD", stock=5, created_at=NOW)


def stream(status: StreamStatus = StreamStatus.LIVE, stream_id: str = SHOW) -> Stream:
    return Stream(
        id=stream_id,
        title="Autumn sale",
        status=status,
        is_receiving=False,
        host_type="seller",
        host=Host(id="me", display_name="Alba"),
        hls_url="http://shop/live/show-1/index.m3u8",
        language="en",
        peak_viewer_count=7,
        total_messages=2,
        created_at=NOW,
        updated_at=NOW,
    )


def message(text: str, *, seq: int = 1, user_id: str = "ana", client_message_id: str | None = None) -> ChatMessage:
    return ChatMessage(
        id=f"message-{seq}",
        stream_id=SHOW,
        user_id=user_id,
        username=user_id.title(),
        message=text,
        created_at=NOW,
        seq=seq,
        client_message_id=client_message_id,
    )


def snapshot(*products: StreamProduct, messages: tuple[ChatMessage, ...] = (), viewers: int = 3) -> Snapshot:
    return Snapshot(
        stream_id=SHOW,
        seq=10,
        at=0,
        session_id="s",
        stream=stream(),
        viewer_count=viewers,
        current_products=list(products),
        recent_messages=list(messages),
    )


def highlighted(product_id: str) -> dict[str, Any]:
    return {
        "streamId": SHOW,
        "product": card(product_id).model_dump(by_alias=True),
        "position": 1,
        "mediaAt": 0,
        "seq": 11,
    }


def hidden(product_id: str) -> dict[str, Any]:
    return {"streamId": SHOW, "productId": product_id, "mediaAt": 0, "seq": 12}


def said(text: str, **fields: Any) -> dict[str, Any]:
    return message(text, **fields).model_dump(mode="json", by_alias=True)
