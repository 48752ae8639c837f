"""A highlight the rules have found, before it is written; its title is in the stream's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gshop_studio.domain.money import Money
from gshop_studio.domain.show_highlights import SHOWN_AGAIN_S, HighlightType
from gshop_studio.server.analytics.highlights.repository import HighlightRepository
from gshop_studio.server.clock import new_id
from gshop_studio.server.tables import LiveStreamHighlightRow
from gshop_studio.server.words import format_money, format_number, say

SAME_BURST_S = 10.0
"""Two instances that follow each other may find one burst both."""


@dataclass(frozen=True, slots=True)
class Found:
    type: HighlightType
    timestamp_s: float
    """From the stream's start."""
    title: str
    details: dict[str, Any]


def product_shown(product_id: str, name: str, at_s: float, language: str) -> Found:
    title = say("Presenting {product}", language, product=name)
    return Found(HighlightType.PRODUCT_SHOW, at_s, title, {"productId": product_id})


def reaction_burst(count: int, at_s: float, language: str) -> Found:
    title = say("{count} reactions at once", language, count=format_number(count, language))
    return Found(HighlightType.REACTION_BURST, at_s, title, {"reactions": count})


def viewers_milestone(milestone: int, at_s: float, language: str) -> Found:
    title = say("{count} people watching", language, count=format_number(milestone, language))
    return Found(HighlightType.MILESTONE, at_s, title, {"viewerCount": milestone})


def purchases_milestone(milestone: int, at_s: float, language: str) -> Found:
    title = say("{count} purchases", language, count=format_number(milestone, language))
    return Found(HighlightType.MILESTONE, at_s, title, {"purchaseCount": milestone})


def big_purchase(total: Money, product_id: str, name: str, order_id: str, at_s: float, language: str) -> Found:
    """`product_id` and `name`: of what most of it was for."""
    title = say("{product}: a purchase of {amount}", language, product=name, amount=format_money(total, language))
    details = {
        "productId": product_id,
        "purchaseAmount": total.to_wire(),
        "currency": total.currency,
        "orderId": order_id,
    }
    return Found(HighlightType.BIG_PURCHASE, at_s, title, details)


async def write(repository: HighlightRepository, stream_id: str, found: Found, now: datetime) -> bool:
    """Write a highlight, unless it is there already; whether it was. The show's row is locked by the caller."""
    if any(_is_same(known, found) for known in await repository.of_type(stream_id, found.type)):
        return False
    await repository.add(
        LiveStreamHighlightRow(
            id=new_id(),
            stream_id=stream_id,
            timestamp_s=round(max(found.timestamp_s, 0.0), 3),
            type=found.type.value,
            title=found.title,
            description=None,
            thumbnail_url=None,
            video_clip_url=None,
            details=found.details,
            is_public=found.type is not HighlightType.BIG_PURCHASE,
            created_at=now,
        )
    )
    return True


def _is_same(known: LiveStreamHighlightRow, found: Found) -> bool:
    apart_s = abs(known.timestamp_s - found.timestamp_s)
    match found.type:
        case HighlightType.PRODUCT_SHOW:
            is_same_product = known.details.get("productId") == found.details["productId"]
            return is_same_product and apart_s < SHOWN_AGAIN_S
        case HighlightType.MILESTONE:
            return bool(known.details == found.details)
        case HighlightType.REACTION_BURST:
            return apart_s < SAME_BURST_S
        case HighlightType.BIG_PURCHASE:
            return bool(known.details.get("orderId") == found.details["orderId"])
