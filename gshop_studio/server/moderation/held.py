"""Messages kept back until a moderator decides: how they are stored and told of."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.moderation import HeldMessage
from gshop_studio.server.database import Transaction
from gshop_studio.server.moderation.repository import HeldMessageRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.tables import LiveStreamHeldMessageRow


class HeldMessages:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def hold(self, transaction: Transaction, messages: Sequence[HeldMessage]) -> None:
        """Keep these back; the host and the moderators hear of each. The caller holds the shows' rows."""
        await HeldMessageRepository(transaction).add_all(
            [
                {
                    **message.model_dump(exclude={"username", "user_avatar"}),
                    "decision": None,
                    "decided_by": None,
                    "decided_at": None,
                }
                for message in messages
            ]
        )
        for message in messages:
            await self._gateway.record(
                transaction, message.stream_id, ServerEvent.MESSAGE_HELD, message, room=Room.STAFF
            )

    async def said(
        self, transaction: Transaction, keys: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], LiveStreamHeldMessageRow]:
        """Which of these (author, `clientMessageId`) were held before, decided or not."""
        rows = await HeldMessageRepository(transaction).by_keys(keys)
        return {(row.user_id, row.client_message_id or ""): row for row in rows}


def held_message(row: LiveStreamHeldMessageRow, username: str, avatar_url: str | None) -> HeldMessage:
    return HeldMessage(
        id=row.id,
        stream_id=row.stream_id,
        user_id=row.user_id,
        username=username,
        user_avatar=avatar_url,
        message=row.message,
        reasons=row.reasons,
        client_message_id=row.client_message_id,
        created_at=row.created_at,
    )
