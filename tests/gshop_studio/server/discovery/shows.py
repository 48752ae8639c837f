"""Shows on air, with an audience, as the tests of finding them need them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.tables import LiveStreamRow, LiveStreamViewerRow
from tests.gshop_studio.server.shop import Person, Shop


async def on_air(shop: Shop, host: Person, title: str = "Autumn sale", **fields: Any) -> str:
    """A live show whose media has come: its id."""
    stream_id = await shop.live_stream(host, title=title, **fields)
    await shop.media.authority.media_started(stream_id)
    return stream_id


async def draws(shop: Shop, stream_id: str, **numbers: Any) -> None:
    """Write numbers of a show, as `viewer_count`, `started_at`."""
    async with shop.server.services.database.write() as transaction:
        wish = update(LiveStreamRow).where(LiveStreamRow.id == stream_id).values(**numbers)
        await transaction.session.execute(wish)


async def has_watched(shop: Shop, who: Person, stream_id: str, minutes: float = 25.0, purchases: int = 0) -> None:
    """As the room writes it, an hour ago."""
    then = utc_now() - timedelta(hours=1)
    async with shop.server.services.database.write() as transaction:
        transaction.session.add(
            LiveStreamViewerRow(
                id=new_id(),
                stream_id=stream_id,
                viewer_key=f"user:{who.id}",
                user_id=who.id,
                session_id=new_id(),
                joined_at=then,
                left_at=then,
                watch_duration_s=minutes * 60.0,
                is_active=False,
                last_ping_at=utc_now(),
                messages_count=0,
                reactions_count=0,
                products_viewed=0,
                purchases_made=purchases,
                total_spent_minor=0,
                referral_source=None,
                device=None,
                country=None,
            )
        )


def ids(answer: dict[str, Any]) -> list[str]:
    return [stream["id"] for stream in answer["streams"]]
