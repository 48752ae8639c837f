"""Reads and writes of chat settings and blocked words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import BlockedWordsRow, LiveStreamChatSettingsRow, LiveStreamModeratorRow

_words = cast(Table, BlockedWordsRow.__table__)


class ChatSettingsRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_postgres = transaction.is_postgres

    async def settings(self, stream_ids: Iterable[str]) -> dict[str, LiveStreamChatSettingsRow]:
        """By show; one that has the defaults is left out."""
        found = await self._session.scalars(
            select(LiveStreamChatSettingsRow).where(LiveStreamChatSettingsRow.stream_id.in_(set(stream_ids)))
        )
        return {row.stream_id: row for row in found}

    async def add(self, row: LiveStreamChatSettingsRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def words(self, seller_id: str, language: str) -> list[str]:
        row = BlockedWordsRow
        words = await self._session.scalar(
            select(row.words).where(row.seller_id == seller_id, row.language == language)
        )
        return list(words or ())

    async def set_words(self, seller_id: str, language: str, words: list[str], now: datetime) -> None:
        """Two shows of one host may set them at once: the later ones hold."""
        insert = postgresql.insert(_words) if self._is_postgres else sqlite.insert(_words)
        wish = insert.values(seller_id=seller_id, language=language, words=words, updated_at=now)
        new = {"words": wish.excluded.words, "updated_at": wish.excluded.updated_at}
        await self._session.execute(
            wish.on_conflict_do_update(index_elements=[_words.c.seller_id, _words.c.language], set_=new)
        )

    async def moderator_ids(self, stream_id: str) -> list[str]:
        found = await self._session.scalars(
            select(LiveStreamModeratorRow.user_id).where(LiveStreamModeratorRow.stream_id == stream_id)
        )
        return list(found)
