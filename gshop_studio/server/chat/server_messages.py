"""What the server itself says in a show's chat, under the name of the show's host: other rules, news of a product,
a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.rest import ChatMessage, MessageMetadata
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.chat.message import message_values
from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.gateway import Gateway


class ServerMessages:
    def __init__(self, accounts: AccountService, gateway: Gateway, clock: Clock) -> None:
        self._accounts = accounts
        self._gateway = gateway
        self._clock = clock

    async def say(
        self,
        transaction: Transaction,
        stream: StreamFacts,
        kind: Literal["system", "product_alert", "purchase"],
        text: str,
        code: str,
        fields: Mapping[str, str | int | float],
        *,
        product_id: str | None = None,
    ) -> None:
        """Write this in the show's language, with the `code` and the `fields` for who words it anew. It counts among
        nobody's messages."""
        host = (await self._accounts.hosts(transaction, [stream.host_id]))[stream.host_id]
        message = ChatMessage(
            id=new_id(),
            stream_id=stream.id,
            user_id=host.id,
            username=host.display_name,
            user_avatar=host.avatar_url,
            message=text,
            type=kind,
            created_at=self._clock(),
            metadata=MessageMetadata(is_seller=True, product_id=product_id, code=code, fields=dict(fields)),
            seq=await self._gateway.take_seqs(transaction, stream.id),
        )
        await MessageRepository(transaction).add_all([message_values(message)])
        await self._gateway.record_at(transaction, stream.id, message.seq, ServerEvent.MESSAGE, message)
