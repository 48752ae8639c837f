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

    async def first(self, transaction: Transaction, stream_id: str, limit: int) -> list[Highlight]:
        """The show's first highlights, as the host sees them."""
        rows, _ = await HighlightRepository(transaction).page(stream_id, is_public_only=False, limit=limit, offset=0)
        return [answer_of(row, sees_all=True) for row in rows]

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
