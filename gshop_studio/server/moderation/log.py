"""The moderation log: every action of a moderator is written down, and told to the host and the other moderators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.moderation import ModerationAction, ModerationEntry
from gshop_studio.contract.moderation import ModerationLog as LogAnswer
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.moderation.repository import ModerationLogRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.tables import LiveStreamChatModerationRow


@dataclass(frozen=True, slots=True)
class Action:
    """What a moderator or the host did, and to whom."""

    name: ModerationAction
    user_id: str
    reason: str | None = None
    duration_s: int | None = None
    message_id: str | None = None
    expires_at: datetime | None = None


class ModerationLog:
    def __init__(self, accounts: AccountService, gateway: Gateway, clock: Clock) -> None:
        self._accounts = accounts
        self._gateway = gateway
        self._clock = clock

    async def record(
        self, transaction: Transaction, stream_id: str, moderator: Caller, action: Action
    ) -> ModerationEntry:
        """Write it down within the transaction of the action. The caller holds the show's row."""
        row = LiveStreamChatModerationRow(
            id=new_id(),
            stream_id=stream_id,
            user_id=action.user_id,
            moderator_id=moderator.user_id,
            action=action.name,
            reason=action.reason,
            duration_minutes=action.duration_s / 60 if action.duration_s is not None else None,
            message_id=action.message_id,
            created_at=self._clock(),
            expires_at=action.expires_at,
        )
        await ModerationLogRepository(transaction).add(row)
        [entry] = await self._answers(transaction, [row])
        await self._gateway.record(transaction, stream_id, ServerEvent.MODERATED, entry, room=Room.STAFF)
        return entry

    async def page(self, transaction: Transaction, stream_id: str, *, limit: int, offset: int) -> LogAnswer:
        """Newest first. The caller has checked the right to read it."""
        rows, total = await ModerationLogRepository(transaction).page(stream_id, limit=limit, offset=offset)
        return LogAnswer(entries=await self._answers(transaction, rows), total=total)

    async def _answers(
        self, transaction: Transaction, rows: list[LiveStreamChatModerationRow]
    ) -> list[ModerationEntry]:
        ids = {row.user_id for row in rows} | {row.moderator_id for row in rows}
        people = await self._accounts.hosts(transaction, ids)
        names = {person_id: person.display_name for person_id, person in people.items()}
        return [
            ModerationEntry(
                id=row.id,
                stream_id=row.stream_id,
                user_id=row.user_id,
                username=names.get(row.user_id),
                moderator_id=row.moderator_id,
                moderator_name=names.get(row.moderator_id),
                action=row.action,
                reason=row.reason,
                duration=round(row.duration_minutes * 60) if row.duration_minutes is not None else None,
                message_id=row.message_id,
                created_at=row.created_at,
                expires_at=row.expires_at,
            )
            for row in rows
        ]
