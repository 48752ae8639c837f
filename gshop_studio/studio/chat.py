"""The show's chat: what was said, and what the seller says, each with its state until the server has it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from pydantic import ValidationError

from gshop_studio.client.errors import ClientError
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.contract.message_text import MAX_MESSAGE_CHARACTERS
from gshop_studio.contract.rest import ChatMessage
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.trouble import Trouble

LINE_LIMIT = 500
"""How many lines are held; older ones are dropped here and stay in the server's history."""


class ChatRoom(Protocol):
    """Where messages go."""

    async def send_message(self, text: str, client_message_id: str) -> None: ...


class Delivery(StrEnum):
    RECEIVED = "received"
    SENDING = "sending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One message. `text` and `author` are plain text, whatever they look like."""

    id: str
    """The server's id, or the client's until there is one."""
    author: str
    text: str
    at_ms: int
    is_mine: bool = False
    is_host: bool = False
    is_moderator: bool = False
    delivery: Delivery = Delivery.RECEIVED
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class ChatSnapshot:
    lines: tuple[ChatLine, ...] = ()
    """Oldest first; what is not delivered yet comes last."""
    can_write: bool = False
    is_connected: bool = False


class Chat:
    """What is said in one show.

    Args:
        now_ms: UTC, milliseconds.
        new_id: a fresh client message id.
    """

    def __init__(self, now_ms: Callable[[], int], new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self.snapshot = Observable(ChatSnapshot())
        self._now_ms = now_ms
        self._new_id = new_id
        self._room: ChatRoom | None = None
        self._me = ("", "")
        self._received: list[ChatLine] = []
        self._under_way: dict[str, ChatLine] = {}

    def begin_show(self, room: ChatRoom, person_id: str, person_name: str) -> None:
        """A show goes on air."""
        self._room, self._me = room, (person_id, person_name)
        self._received.clear()
        self._under_way.clear()
        self._publish(can_write=True)

    def end_show(self) -> None:
        """What was said stays to be read; nothing can be added."""
        self._room = None
        self._publish(can_write=False, is_connected=False)

    def clear(self) -> None:
        """The person signed out."""
        self.end_show()
        self._received.clear()
        self._under_way.clear()
        self._publish()

    def set_connected(self, is_connected: bool) -> None:
        """Whether messages flow now."""
        self._publish(is_connected=is_connected)

    async def send(self, text: str) -> None:
        """Say something; a message that did not go out stays and can be sent again."""
        text = text.strip()[:MAX_MESSAGE_CHARACTERS]
        if not text or self._room is None:
            return
        line = ChatLine(self._new_id(), self._me[1], text, self._now_ms(), is_mine=True, is_host=True)
        await self._deliver(line)

    async def send_again(self, line_id: str) -> None:
        """Try a failed message once more, under the same id: the server keeps it once."""
        line = self._under_way.get(line_id)
        if line is not None and line.delivery is Delivery.FAILED:
            await self._deliver(line)

    # --- the show's events ----------------------------------------------------------------------------------------

    def joined(self, snapshot: Snapshot) -> None:
        self._received.clear()
        for message in snapshot.recent_messages:
            self._take(message)
        self._publish()

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        if event is not ServerEvent.MESSAGE:
            return
        try:
            self._take(ChatMessage.model_validate(data))
        except ValidationError:
            return  # of a newer server
        self._publish()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _deliver(self, line: ChatLine) -> None:
        assert self._room is not None
        self._under_way[line.id] = replace(line, delivery=Delivery.SENDING, trouble=None)
        self._publish()
        try:
            await self._room.send_message(line.text, line.id)
        except ClientError as error:
            if line.id in self._under_way:  # its broadcast may have come all the same
                failed = replace(line, delivery=Delivery.FAILED, trouble=Trouble.of_error(error))
                self._under_way[line.id] = failed
                self._publish()

    def _take(self, message: ChatMessage) -> None:
        is_mine = message.user_id == self._me[0]
        if is_mine and message.client_message_id is not None:
            self._under_way.pop(message.client_message_id, None)
        if message.is_deleted:
            return
        self._received.append(
            ChatLine(
                id=message.id,
                author=message.username,
                text=message.message,
                at_ms=int(message.created_at.timestamp() * 1000),
                is_mine=is_mine,
                is_host=message.metadata.is_seller,
                is_moderator=message.metadata.is_moderator,
            )
        )
        del self._received[:-LINE_LIMIT]

    def _publish(self, **changes: Any) -> None:
        lines = (*self._received, *self._under_way.values())
        self.snapshot.set(replace(self.snapshot.value, lines=lines, **changes))
