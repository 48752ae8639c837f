"""Writes of reactions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.viewer import person_key
from gshop_studio.server.tables import LiveStreamReactionRow, LiveStreamRow, LiveStreamViewerRow

_reactions = cast(Table, LiveStreamReactionRow.__table__)
_viewers = cast(Table, LiveStreamViewerRow.__table__)


class ReactionRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_postgres = transaction.is_postgres

    async def add_likes(self, stream_id: str, number: int) -> None:
        """Count hearts on the show; locks its row, also where there are none."""
        await self._session.execute(
            update(LiveStreamRow)
            .where(LiveStreamRow.id == stream_id)
            .values(total_likes=LiveStreamRow.total_likes + number),
            execution_options={"synchronize_session": False},
        )

    async def add_counts(self, stream_id: str, counts: Mapping[tuple[datetime, str], int]) -> None:
        """Add to the counts of each minute and reaction."""
        rows = [
            {"stream_id": stream_id, "minute": minute, "reaction_type": reaction, "count": count}
            for (minute, reaction), count in sorted(counts.items())
        ]
        insert = postgresql.insert(_reactions) if self._is_postgres else sqlite.insert(_reactions)
        wish = insert.on_conflict_do_update(
            index_elements=[_reactions.c.stream_id, _reactions.c.minute, _reactions.c.reaction_type],
            set_={"count": _reactions.c.count + insert.excluded.count},
        )
        await self._session.execute(wish, rows)

    async def count_for_viewers(self, stream_id: str, numbers: Mapping[str, int]) -> None:
        """Add to the reactions of viewers; `numbers` by person."""
        wish = (
            update(_viewers)
            .where(_viewers.c.stream_id == stream_id, _viewers.c.viewer_key == bindparam("of_viewer"))
            .values(reactions_count=_viewers.c.reactions_count + bindparam("number"))
        )
        rows = [{"of_viewer": person_key(user_id), "number": number} for user_id, number in sorted(numbers.items())]
        await self._session.execute(wish, rows)
