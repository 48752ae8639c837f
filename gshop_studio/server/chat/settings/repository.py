"""Reads and writes of chat settings and blocked words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import BlockedWordsRow, LiveStreamChatSettingsRow, LiveStreamModeratorRow


class ChatSettingsRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

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
        row = await self._session.get(BlockedWordsRow, (seller_id, language))
        return list(row.words) if row is not None else []

    async def set_words(self, seller_id: str, language: str, words: list[str], now: datetime) -> None:
        row = await self._session.get(BlockedWordsRow, (seller_id, language))
        if row is None:
            row = BlockedWordsRow(seller_id=seller_id, language=language, words=words, updated_at=now)
            self._session.add(row)
        row.words, row.updated_at = words, now
        await self._session.flush()

    async def moderator_ids(self, stream_id: str) -> list[str]:
        found = await self._session.scalars(
            select(LiveStreamModeratorRow.user_id).where(LiveStreamModeratorRow.stream_id == stream_id)
        )
        return list(found)
