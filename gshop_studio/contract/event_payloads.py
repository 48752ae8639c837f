"""Which body each socket event has, and what acknowledges it: the tables the AsyncAPI document is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gshop_studio.contract import chat, checkout, events, moderation
from gshop_studio.contract.analytics import AnalyticsUpdateEvent, ViewersMilestoneEvent
from gshop_studio.contract.events import ClientEvent, LoggedEvent, ServerEvent, Snapshot
from gshop_studio.contract.notifications import NotificationEvent
from gshop_studio.contract.rest import ChatMessage, ClickAnswer, HideAnswer, HighlightAnswer
from gshop_studio.contract.wire import Answer, Request


class LeaveAnswer(Answer):
    """Nothing but `ok`."""


class PongAnswer(Answer):
    """The server's clock: as ISO 8601, and in milliseconds."""

    server_time: str
    at: int


class ResumeAnswer(Answer):
    """What was missed, or, where that is too much, a new snapshot with `reset: true`. Staff get their room's too."""

    events: list[LoggedEvent] | None = None
    seq: int | None = None
    staff_events: list[LoggedEvent] | None = None
    staff_seq: int | None = None
    reset: Literal[True] | None = None
    snapshot: Snapshot | None = None


class MessageAnswer(Answer):
    """The message as everybody reads it; with `held: true` as it waits for a moderator; for a reaction its answer."""

    message: ChatMessage | moderation.HeldMessage | None = None
    held: Literal[True] | None = None
    detail: str | None = None
    """That it is held, in the author's language."""
    stream_id: str | None = None
    type: Literal["reaction"] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sends, and what the acknowledgement holds besides `ok: true`."""

    body: type[Request]
    answer: type[Answer]


CLIENT_EVENTS: Mapping[ClientEvent, Asked] = {
    ClientEvent.JOIN: Asked(events.JoinEvent, Snapshot),
    ClientEvent.LEAVE: Asked(events.StreamEvent, LeaveAnswer),
    ClientEvent.PING: Asked(events.StreamEvent, PongAnswer),
    ClientEvent.RESUME: Asked(events.ResumeEvent, ResumeAnswer),
    ClientEvent.MESSAGE: Asked(events.MessageEvent, MessageAnswer),
    ClientEvent.REACTION: Asked(chat.ReactionEvent, chat.ReactionAnswer),
    ClientEvent.PRODUCT_HIGHLIGHT: Asked(events.ProductEvent, HighlightAnswer),
    ClientEvent.PRODUCT_HIDE: Asked(events.ProductEvent, HideAnswer),
    ClientEvent.PRODUCT_CLICK: Asked(events.ClickEvent, ClickAnswer),
    ClientEvent.PURCHASE: Asked(checkout.PurchaseEvent, checkout.PurchaseClaimAnswer),
}

SERVER_EVENTS: Mapping[ServerEvent, type[Answer]] = {
    ServerEvent.JOINED: Snapshot,
    ServerEvent.PONG: PongAnswer,
    ServerEvent.USER_WARNED: moderation.UserWarnedEvent,
    ServerEvent.NOTIFICATION: NotificationEvent,
    ServerEvent.MESSAGE: ChatMessage,
    ServerEvent.MESSAGE_DELETED: chat.MessageDeletedEvent,
    ServerEvent.MESSAGE_EDITED: chat.MessageEditedEvent,
    ServerEvent.MESSAGE_PINNED: chat.MessagePinnedEvent,
    ServerEvent.MESSAGE_UNPINNED: chat.MessageUnpinnedEvent,
    ServerEvent.USER_TIMEOUT: moderation.UserTimeoutEvent,
    ServerEvent.USER_BANNED: moderation.UserBannedEvent,
    ServerEvent.USER_RESTORED: moderation.UserRestoredEvent,
    ServerEvent.MODERATORS_UPDATED: moderation.ModeratorsUpdatedEvent,
    ServerEvent.CHAT_SETTINGS: chat.ChatSettingsEvent,
    ServerEvent.PRODUCT_HIGHLIGHTED: events.HighlightedEvent,
    ServerEvent.PRODUCT_HIDDEN: events.HiddenEvent,
    ServerEvent.PRODUCT_REMOVED: events.ProductEventOfRoom,
    ServerEvent.PRODUCT_UPDATED: events.ProductUpdatedEvent,
    ServerEvent.PRODUCT_PINNED: events.ProductEventOfRoom,
    ServerEvent.PRODUCT_UNPINNED: events.ProductEventOfRoom,
    ServerEvent.PRODUCT_STOCK: events.StockEvent,
    ServerEvent.PRODUCTS_REORDERED: events.ReorderedEvent,
    ServerEvent.STREAM_STARTED: events.StreamStartedEvent,
    ServerEvent.STREAM_RECEIVING: events.StreamReceivingEvent,
    ServerEvent.STREAM_INTERRUPTED: events.StreamInterruptedEvent,
    ServerEvent.STREAM_ENDED: events.StreamEndedEvent,
    ServerEvent.STREAM_CANCELLED: events.StreamCancelledEvent,
    ServerEvent.STREAM_UPDATED: events.StreamUpdatedEvent,
    ServerEvent.PURCHASE_CELEBRATION: checkout.CelebrationEvent,
    ServerEvent.MILESTONE_PURCHASE: checkout.PurchaseMilestoneEvent,
    ServerEvent.MILESTONE_VIEWERS: ViewersMilestoneEvent,
    ServerEvent.PRODUCT_ALERT: events.ProductAlertEvent,
    ServerEvent.MESSAGE_HELD: moderation.HeldMessage,
    ServerEvent.MESSAGE_DECIDED: moderation.MessageDecidedEvent,
    ServerEvent.MODERATED: moderation.ModerationEntry,
    ServerEvent.MODERATORS_RIGHTS: moderation.ModeratorsRightsEvent,
    ServerEvent.SALE: checkout.SaleEvent,
    ServerEvent.STREAM_RESULT: events.StreamResultEvent,
    ServerEvent.REACTIONS: chat.ReactionsEvent,
    ServerEvent.VIEWERS_UPDATE: events.ViewersUpdateEvent,
    ServerEvent.ANALYTICS_UPDATE: AnalyticsUpdateEvent,
}
