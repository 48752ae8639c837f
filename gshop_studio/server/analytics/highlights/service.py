"""A show's highlights: what everybody may see of them, and what the host makes of them."""

from __future__ import annotations

from gshop_studio.contract.analytics import Highlight, HighlightList, HighlightPatch
from gshop_studio.domain.show_highlights import HighlightType
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, may, require
from gshop_studio.server.analytics.highlights.repository import HighlightRepository
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamHighlightRow

_OF_STAFF = frozenset({"purchaseAmount"})
"""What only the host and the moderators may see of a moment."""
_KINDS_BY_WORTH = (
    HighlightType.PRODUCT_SHOW,
    HighlightType.REACTION_BURST,
    HighlightType.MILESTONE,
    HighlightType.BIG_PURCHASE,
)
"""What a show has most of is worth least."""
_SIZES = {
    HighlightType.REACTION_BURST: "reactions",
    HighlightType.MILESTONE: "viewerCount",
    HighlightType.BIG_PURCHASE: "purchaseAmount",
}
"""By which of its details a moment is large."""


class HighlightService:
    def __init__(self, database: Database, lookup: StreamLookup) -> None:
        self._database = database
        self._lookup = lookup

    async def page(self, caller: Caller | None, stream_id: str, *, limit: int, offset: int) -> HighlightList:
        """In the order of the show: the public ones, to the host and the moderators all.

        Raises:
            Refused: `stream.not_found`, or what rights say.
        """
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            sees_all = may(caller, StreamRight.SEE_NUMBERS, stream)
            rows, total = await HighlightRepository(transaction).page(
                stream_id, is_public_only=not sees_all, limit=limit, offset=offset
            )
        return HighlightList(highlights=[answer_of(row, sees_all=sees_all) for row in rows], total=total)

    async def best(self, transaction: Transaction, stream_id: str, limit: int) -> list[Highlight]:
        """So many of the show's highlights that are worth most, as the host sees them, in the order of the show."""
        rows = await HighlightRepository(transaction).of_show(stream_id)
        best = sorted(rows, key=_worth, reverse=True)[:limit]
        best_ids = {row.id for row in best}
        return [answer_of(row, sees_all=True) for row in rows if row.id in best_ids]

    async def change(self, caller: Caller | None, stream_id: str, highlight_id: str, wish: HighlightPatch) -> Highlight:
        """Name a moment, or say whether everybody sees it: the host's.

        Raises:
            Refused: `stream.not_found`, `highlight.not_found`, or what rights say.
        """
        async with self._database.write() as transaction:
            require(caller, StreamRight.HOST, await self._lookup.facts(transaction, stream_id, caller))
            repository = HighlightRepository(transaction)
            row = await repository.highlight(stream_id, highlight_id)
            if row is None:
                raise Refused("highlight.not_found")
            if wish.is_public is not None:
                row.is_public = wish.is_public
            if wish.title is not None:
                row.title = wish.title
            await repository.flush()
            return answer_of(row, sees_all=True)


def _worth(row: LiveStreamHighlightRow) -> tuple[int, float]:
    """First by kind, then by size; of products, the first that were shown."""
    size = row.details.get(_SIZES.get(HighlightType(row.type), ""))
    return _KINDS_BY_WORTH.index(row.type), float(size) if size is not None else -row.timestamp_s


def answer_of(row: LiveStreamHighlightRow, *, sees_all: bool) -> Highlight:
    details = {name: value for name, value in row.details.items() if sees_all or name not in _OF_STAFF}
    return Highlight(
        id=row.id,
        stream_id=row.stream_id,
        timestamp=row.timestamp_s,
        type=HighlightType(row.type),
        title=row.title,
        description=row.description,
        thumbnail_url=row.thumbnail_url,
        video_clip_url=row.video_clip_url,
        metadata=details,
        is_public=row.is_public,
        created_at=row.created_at,
    )
