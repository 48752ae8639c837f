"""Finding a show: what rights and the other domains need to know of it, and no more."""

from __future__ import annotations

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.clock import to_ms
from gshop_studio.server.database import Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.repository import StreamRepository
from gshop_studio.server.tables import LiveStreamRow


class StreamLookup:
    async def facts(self, transaction: Transaction, stream_id: str) -> StreamFacts:
        """The show's facts.

        Raises:
            Refused: `stream.not_found`.
        """
        return facts_of(await self.require(transaction, stream_id))

    async def require(self, transaction: Transaction, stream_id: str) -> LiveStreamRow:
        """The show's row.

        Raises:
            Refused: `stream.not_found`.
        """
        row = await StreamRepository(transaction).stream(stream_id)
        if row is None:
            raise Refused("stream.not_found")
        return row

    async def settle_currency(self, transaction: Transaction, stream_id: str, currency: str) -> None:
        """A show has one currency, that of its first product.

        Raises:
            Refused: `stream.currency_mismatch`.
        """
        row = await self.require(transaction, stream_id)
        if row.currency is None:
            row.currency = currency
        elif row.currency != currency:
            raise Refused("stream.currency_mismatch", params={"currency": row.currency})

    async def count_message(self, transaction: Transaction, stream_id: str) -> None:
        row = await self.require(transaction, stream_id)
        row.total_messages += 1

    async def count_viewers(self, transaction: Transaction, stream_id: str, now: int, new_people: int) -> None:
        """Keep how many watch now, the most that ever did, and how many have watched at all."""
        row = await self.require(transaction, stream_id)
        row.viewer_count = now
        row.peak_viewer_count = max(row.peak_viewer_count, now)
        row.total_views += new_people


def facts_of(row: LiveStreamRow) -> StreamFacts:
    return StreamFacts(
        id=row.id,
        host_id=row.host_id,
        status=StreamStatus(row.status),
        is_private=row.is_private,
        allowed_viewers=tuple(row.allowed_viewers),
        currency=row.currency,
        language=row.language,
        started_at_ms=to_ms(row.started_at) if row.started_at else None,
    )
