"""Socket events: names, what the client sends, what the server sends and acknowledges.

Every event a client emits is acknowledged by `{"ok": true, ...}` or `{"ok": false, "error": {code, detail}}`.
Every event of the server carries `at` (server time, ms). Lasting events of a stream's room carry `seq`, rising by
exactly 1.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gshop_studio.contract.chat import ChatSettings
from gshop_studio.contract.message_text import MessageText
from gshop_studio.contract.rest import CardProduct, ChatMessage, Stream, StreamProduct
from gshop_studio.contract.wire import Answer, Request
from gshop_studio.domain.product_alerts import AlertType
from gshop_studio.domain.stream_life import StreamStatus

SOCKET_PATH = "socket.io"

StreamId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ClientEvent(StrEnum):
    JOIN = "live:join"
    LEAVE = "live:leave"
    PING = "live:ping"
    RESUME = "live:resume"
    MESSAGE = "live:message"
    PRODUCT_HIGHLIGHT = "live:product:highlight"
    PRODUCT_HIDE = "live:product:hide"
    PRODUCT_CLICK = "live:product:click"
    REACTION = "live:reaction"
    PURCHASE = "live:purchase"


class Room(StrEnum):
    """Who hears an event of a show."""

    EVERYBODY = "everybody"
    STAFF = "staff"
    """The host and the moderators. Its events carry `room: "staff"` and a `seq` of their own."""


class ServerEvent(StrEnum):
    # to one person
    JOINED = "live:joined"
    PONG = "live:pong"
    USER_WARNED = "live:user:warned"
    NOTIFICATION = "user:notification"
    """To all sockets of a person, whatever shows they are in."""
    # to everybody in the room, lasting
    MESSAGE = "live:message"
    MESSAGE_DELETED = "live:message:deleted"
    MESSAGE_EDITED = "live:message:edited"
    MESSAGE_PINNED = "live:message:pinned"
    MESSAGE_UNPINNED = "live:message:unpinned"
    USER_TIMEOUT = "live:user:timeout"
    USER_BANNED = "live:user:banned"
    USER_RESTORED = "live:user:restored"
    """A time-out or a ban was taken back."""
    MODERATORS_UPDATED = "live:moderators:updated"
    """Who moderates; what each may do is told as `MODERATORS_RIGHTS`."""
    CHAT_SETTINGS = "live:chat:settings"
    PRODUCT_HIGHLIGHTED = "live:product:highlighted"
    PRODUCT_HIDDEN = "live:product:hidden"
    PRODUCT_REMOVED = "live:product:removed"
    PRODUCT_UPDATED = "live:product:updated"
    """A product was added to the show or changed: `{streamId, product: StreamProduct}`."""
    PRODUCT_PINNED = "live:product:pinned"
    PRODUCT_UNPINNED = "live:product:unpinned"
    PRODUCT_STOCK = "live:product:stock"
    PRODUCTS_REORDERED = "live:products:reordered"
    STREAM_STARTED = "live:stream:started"
    STREAM_RECEIVING = "live:stream:receiving"
    STREAM_INTERRUPTED = "live:stream:interrupted"
    STREAM_ENDED = "live:stream:ended"
    STREAM_CANCELLED = "live:stream:cancelled"
    STREAM_UPDATED = "live:stream:updated"
    """Its host edited it."""
    PURCHASE_CELEBRATION = "live:purchase:celebration"
    MILESTONE_PURCHASE = "live:milestone:purchase"
    MILESTONE_VIEWERS = "live:milestone:viewers"
    # to the host and the moderators, lasting, with a `seq` of their own
    PRODUCT_ALERT = "live:product:alert"
    MESSAGE_HELD = "live:message:held"
    MESSAGE_DECIDED = "live:message:decided"
    MODERATED = "live:moderation:logged"
    MODERATORS_RIGHTS = "live:moderators:rights"
    SALE = "live:sale"
    STREAM_RESULT = "live:stream:result"
    """The show is over: `STREAM_ENDED` with the revenue."""
    # aggregates: no `seq`, not kept
    REACTIONS = "live:reactions"
    VIEWERS_UPDATE = "live:viewers:update"
    ANALYTICS_UPDATE = "live:analytics:update"
    """To the host and the moderators."""


PERSONAL_EVENTS = frozenset({ServerEvent.JOINED, ServerEvent.PONG, ServerEvent.USER_WARNED, ServerEvent.NOTIFICATION})
PASSING_EVENTS = frozenset({ServerEvent.REACTIONS, ServerEvent.VIEWERS_UPDATE, ServerEvent.ANALYTICS_UPDATE})
STAFF_EVENTS = frozenset(
    {
        ServerEvent.PRODUCT_ALERT,
        ServerEvent.MESSAGE_HELD,
        ServerEvent.MESSAGE_DECIDED,
        ServerEvent.MODERATED,
        ServerEvent.MODERATORS_RIGHTS,
        ServerEvent.SALE,
        ServerEvent.STREAM_RESULT,
        ServerEvent.ANALYTICS_UPDATE,
    }
)
"""What only the host and the moderators hear."""
LASTING_EVENTS = frozenset(ServerEvent) - PERSONAL_EVENTS - PASSING_EVENTS
"""Those with `seq`: kept in the stream's event log and replayed by `live:resume`."""


# --- from the client --------------------------------------------------------------------------------------------


class JoinEvent(Request):
    """`user_id` is ignored unless it is the token's; `session_id` is answered by the server. `referral_source` says
    from where somebody came: `whatsapp`, `instagram`."""

    stream_id: StreamId
    user_id: str | None = None
    session_id: str | None = Field(default=None, max_length=200)
    referral_source: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9_-]+$")] | None = None


class StreamEvent(Request):
    """`live:leave` and `live:ping`."""

    stream_id: StreamId
    session_id: str | None = Field(default=None, max_length=200)


class ResumeEvent(Request):
    """`after_staff_seq` from the host and moderators, whose room has a sequence of its own."""

    stream_id: StreamId
    after_seq: Annotated[int, Field(ge=0)]
    after_staff_seq: Annotated[int, Field(ge=0)] | None = None


class MessageEvent(Request):
    stream_id: StreamId
    message: MessageText
    type: Literal["message", "reaction"] = "message"
    client_message_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class ProductEvent(Request):
    stream_id: StreamId
    product_id: str
    captured_at: int | None = None


class ClickEvent(Request):
    stream_id: StreamId
    product_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]


# --- from the server --------------------------------------------------------------------------------------------


class Snapshot(Answer):
    """The acknowledgement of `live:join` (with `ok: true`), also sent once as `live:joined`."""

    stream_id: str
    seq: int
    staff_seq: int | None = None
    """Of the room of the host and the moderators, to them."""
    at: int
    session_id: str
    """Signed by the server; give it back at the next join to be counted as the same viewer."""
    stream: Stream
    viewer_count: int
    current_products: list[StreamProduct]
    recent_messages: list[ChatMessage]
    pinned_messages: list[ChatMessage] = []
    """The one pinned last comes first."""
    chat_settings: ChatSettings = ChatSettings()


class HighlightedEvent(Answer):
    stream_id: str
    product: CardProduct
    position: int
    is_pinned: bool = False
    media_at: int
    """Server time, ms, the clock of PROGRAM-DATE-TIME: show the card when the playhead reaches it."""


class HiddenEvent(Answer):
    stream_id: str
    product_id: str
    media_at: int


class ProductUpdatedEvent(Answer):
    stream_id: str
    product: StreamProduct


class ProductEventOfRoom(Answer):
    """`live:product:removed`, `pinned` and `unpinned`."""

    stream_id: str
    product_id: str


class StockEvent(Answer):
    stream_id: str
    product_id: str
    stock: int
    """What can be bought on air."""
    sold_count: int


class ReorderedEvent(Answer):
    stream_id: str
    product_ids: list[str]


class ProductAlertEvent(Answer):
    """To the host and the moderators. `message` is in the show's language; `code` and `fields` are for who words it
    anew."""

    stream_id: str
    product_id: str
    type: AlertType
    message: str
    code: str
    fields: dict[str, str | int]
    stock: int


class StreamCancelledEvent(Answer):
    stream_id: str
    status: Literal[StreamStatus.CANCELLED] = StreamStatus.CANCELLED


class StreamUpdatedEvent(Answer):
    stream_id: str
    stream: Stream
    """As everybody sees it, without its products."""


class StreamStartedEvent(Answer):
    stream_id: str
    title: str
    hls_url: str
    thumbnail_url: str | None = None


class StreamReceivingEvent(Answer):
    stream_id: str


class StreamInterruptedEvent(Answer):
    """Media is lost and the show held, or it never came and the show is scheduled again."""

    stream_id: str
    status: StreamStatus = StreamStatus.LIVE
    held_until: int | None = None
    """Server time, ms: without media until then, the show ends."""


class ViewersUpdateEvent(Answer):
    stream_id: str
    viewer_count: int
    change: int
    """Since the last update."""


class StreamEndedEvent(Answer):
    """The plan's `revenue` is told to the host and the moderators, as `live:stream:result`."""

    stream_id: str
    duration: float
    total_views: int
    peak_viewers: int
    total_purchases: int
    recording_url: str | None = None


class StreamResultEvent(StreamEndedEvent):
    """The same with what was earned, to the host and the moderators."""

    revenue: float
    currency: str | None = None
    """Absent while the show has no products."""


class LoggedEvent(Answer):
    """One of `live:resume`'s `events`."""

    event: ServerEvent
    data: dict[str, Any]
