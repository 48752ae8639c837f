"""Bodies of the REST API under /api/v1, as the plan and the contract name them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import EmailStr, Field, StringConstraints

from gshop_studio.contract.links import WebLink
from gshop_studio.contract.message_text import MessageText
from gshop_studio.contract.wire import Answer, Moment, Request
from gshop_studio.domain.stream_life import StreamStatus

Language = Literal["en", "es", "pt"]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), allow_inf_nan=False)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2, allow_inf_nan=False)]
Stock = Annotated[int, Field(ge=0, le=1_000_000)]
StreamQuality = Literal["360p", "480p", "720p", "1080p", "auto"]
Orientation = Literal["landscape", "portrait"]
LatencyMode = Literal["low", "ultra-low"]
Tags = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=40)]], Field(max_length=20)]
AllowedViewers = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(max_length=1000)]
"""Ids of people."""


class Role(StrEnum):
    GUEST = "guest"
    BUYER = "buyer"
    SELLER = "seller"
    AFFILIATE = "affiliate"
    SUPPORT = "support"
    ADMIN = "admin"


class ModeratorRight(StrEnum):
    """What a host may let a moderator do."""

    DELETE = "delete"
    TIMEOUT = "timeout"
    BAN = "ban"
    PIN = "pin"
    PRODUCTS = "products"
    SETTINGS = "settings"


# --- people ---------------------------------------------------------------------------------------------------


class RegisterRequest(Request):
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=200, strip_whitespace=False)]
    display_name: DisplayName
    role: Literal[Role.BUYER, Role.SELLER, Role.AFFILIATE] = Role.BUYER
    language: Language = "en"


class LoginRequest(Request):
    email: str = Field(max_length=320)
    password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


class GuestRequest(Request):
    display_name: DisplayName


class RefreshRequest(Request):
    refresh_token: str = Field(max_length=200)


class Location(Request):
    """Where a host is, as they say."""

    city: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166, two letters."""


class User(Answer):
    id: str
    email: str | None = None
    display_name: str
    role: Role
    language: Language
    avatar_url: str | None = None
    location: Location | None = None


class TokenPair(Answer):
    """`refresh_token` is absent for a guest, who signs in anew."""

    access_token: str
    refresh_token: str | None = None
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    """Seconds until the access token ends."""
    user: User


# --- catalogue ------------------------------------------------------------------------------------------------


class ProductCreate(Request):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    price: Price
    currency: Currency = "USD"
    stock: Stock = 0


class ProductPatch(Request):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    price: Price | None = None
    stock: Stock | None = None


class Product(Answer):
    id: str
    seller_id: str
    name: str
    description: str = ""
    category: str | None = None
    price: float
    currency: str
    stock: int
    image_url: str | None = None
    created_at: Moment


class ProductList(Answer):
    products: list[Product]
    total: int


# --- products on air --------------------------------------------------------------------------------------------


class CardProduct(Answer):
    """What a product card shows: the plan's `product` of `live:product:highlighted`. `id` is the catalogue's."""

    id: str
    name: str
    price: float
    currency: str
    live_price: float | None = None
    """The price that counts on air when it is lower than `price`: the live price, or the price less the discount."""
    discount_percent: float | None = None
    """Absent while a live price wins over it."""
    image_url: str | None = None
    stock: int
    sold_count: int = 0


class StreamProduct(Answer):
    """A product of a show (the plan's `live_stream_products`), with its card. `revenue` is for the host alone."""

    id: str
    stream_id: str
    product_id: str
    product: CardProduct
    position: int
    is_visible: bool = False
    is_highlighted: bool = False
    is_pinned: bool = False
    highlighted_at: Moment | None = None
    click_count: int = 0
    add_to_cart_count: int = 0
    purchase_count: int = 0
    sold_count: int = 0
    revenue: float | None = None


class StreamProductList(Answer):
    products: list[StreamProduct]
    total: int


class AddStreamProduct(Request):
    product_id: str
    position: Annotated[int, Field(ge=1, le=1000)] | None = None
    live_price: Price | None = None
    """No more than the price; this and the discount for the product's own seller alone."""
    discount_percent: Percent | None = None
    stock: Stock | None = None
    """A cap for this show inside the catalogue's stock; none without it."""


class StreamProductPatch(Request):
    """Only what is given changes; null takes the live price, the discount or the cap away."""

    live_price: Price | None = None
    discount_percent: Percent | None = None
    stock: Stock | None = None


class ReorderRequest(Request):
    product_ids: Annotated[list[str], Field(max_length=1000)]
    """All products of the show, each once, in their new order."""


class ReorderAnswer(Answer):
    success: Literal[True] = True
    product_ids: list[str]


class ClickAnswer(Answer):
    success: Literal[True] = True
    is_counted: bool
    """Once a person a product a minute."""


class ProductStats(Answer):
    """How a product does in a show: for its host and moderators."""

    product_id: str
    sold_count: int
    revenue: float
    currency: str
    click_count: int
    add_to_cart_count: int
    purchase_count: int
    conversion_rate: float
    """Purchases a click, 0 to 1."""


class HighlightRequest(Request):
    """Optional body of highlight and hide."""

    captured_at: int | None = None
    """The engine's clock, milliseconds of UTC, of the frame the seller saw (contract, "Media time")."""


class HighlightAnswer(Answer):
    success: Literal[True] = True
    highlighted_at: Moment


class HideAnswer(Answer):
    success: Literal[True] = True
    is_visible: Literal[False] = False


class PinAnswer(Answer):
    success: Literal[True] = True
    is_pinned: bool


# --- streams --------------------------------------------------------------------------------------------------


class StreamCreate(Request):
    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    scheduled_at: Moment | None = None
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    tags: Tags = []
    product_ids: Annotated[list[str], Field(max_length=200)] = []
    thumbnail_url: WebLink | None = None
    is_private: bool = False
    allowed_viewers: AllowedViewers = []
    """Who may see a private show; without any, those who follow its host."""
    language: Language | None = None
    """Without it the account's."""
    stream_quality: StreamQuality = "720p"
    orientation: Orientation = "landscape"
    latency_mode: LatencyMode = "low"
    is_recorded: bool = False


class StreamPatch(Request):
    """Only what is given changes; null takes the date, the category or the thumbnail away."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    scheduled_at: Moment | None = None
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    tags: Tags | None = None
    thumbnail_url: WebLink | None = None
    is_private: bool | None = None
    allowed_viewers: AllowedViewers | None = None
    language: Language | None = None
    stream_quality: StreamQuality | None = None
    orientation: Orientation | None = None
    latency_mode: LatencyMode | None = None
    is_recorded: bool | None = None


class Host(Answer):
    id: str
    display_name: str
    avatar_url: str | None = None


class StreamMetric(Answer):
    """A row of the plan's `live_stream_metrics`: a show as it was measured at one moment, every 30 s."""

    timestamp: Moment
    viewer_count: int
    messages_per_minute: float
    reactions_per_minute: float
    products_highlighted: int
    """So far, as the next two."""
    purchases_count: int
    revenue: float
    average_watch_time: float
    """Seconds."""
    bounce_rate: float
    engagement_score: float


class Stream(Answer):
    """A show. `stream_key` and `rtmp_url` are never here: `start` and `ingest` give them to the host."""

    id: str
    title: str
    description: str = ""
    status: StreamStatus
    is_receiving: bool
    """Whether media really arrives now."""
    host_type: Literal["seller", "affiliate"]
    seller_id: str | None = None
    affiliate_id: str | None = None
    host: Host
    hls_url: str
    thumbnail_url: str | None = None
    category: str | None = None
    tags: list[str] = []
    language: Language
    stream_quality: StreamQuality = "720p"
    orientation: Orientation = "landscape"
    latency_mode: LatencyMode = "low"
    is_recorded: bool = False
    recording_url: str | None = None
    is_private: bool = False
    scheduled_at: Moment | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    viewer_count: int = 0
    peak_viewer_count: int = 0
    total_views: int = 0
    total_likes: int = 0
    likes_count: int = 0
    """The same as `total_likes`: the plan has both names."""
    shares_count: int = 0
    total_messages: int = 0
    total_purchases: int = 0
    products: list[StreamProduct] | None = None
    """In the answer about one stream; lists leave it out."""
    gmv: float | None = None
    """What has been sold; this and the following for the host and the moderators alone."""
    revenue: float | None = None
    total_revenue: float | None = None
    """The same as `gmv`, as `revenue` is: the plan has all three names."""
    metrics: list[StreamMetric] | None = None
    """In the answer about one stream: the last measured, if any. The curves are in its analytics."""
    currency: str | None = None
    """Of all its products; none before the first."""
    allowed_viewers: list[str] | None = None
    moderators: list[str] | None = None
    """Ids of people."""
    created_at: Moment
    updated_at: Moment


class StreamList(Answer):
    streams: list[Stream]
    total: int


class StartAnswer(Answer):
    stream_id: str
    rtmp_ingest_url: str
    """rtmp://host:port/live; the key is apart."""
    stream_key: str
    hls_playback_url: str
    status: Literal[StreamStatus.LIVE] = StreamStatus.LIVE


class IngestAnswer(Answer):
    """Where to publish; for the host alone. A show that is not live has no key."""

    rtmp_ingest_url: str
    stream_key: str | None = None


class EndAnswer(Answer):
    status: Literal[StreamStatus.ENDED] = StreamStatus.ENDED
    recording_url: str | None = None


# --- chat -----------------------------------------------------------------------------------------------------

MessageType = Literal["message", "reaction", "system", "product_alert", "purchase"]


class MessageCreate(Request):
    """With the type `reaction`, `message` is one of the reactions, and nothing is written."""

    message: MessageText
    type: Literal["message", "reaction"] = "message"
    client_message_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class MessageMetadata(Answer):
    is_moderator: bool = False
    is_seller: bool = False
    is_vip: bool = False
    """Bought from this host before, or is among the top fans."""
    product_id: str | None = None
    code: str | None = None
    """What the server says (types `system`, `product_alert`, `purchase`), for clients that word it themselves..."""
    fields: dict[str, str | int | float] | None = None
    """... and what it speaks of."""


class ChatMessage(Answer):
    """One shape everywhere: REST, snapshot, socket, archive."""

    id: str
    stream_id: str
    user_id: str
    username: str
    user_avatar: str | None = None
    message: str
    type: MessageType = "message"
    created_at: Moment
    metadata: MessageMetadata = MessageMetadata()
    seq: int
    client_message_id: str | None = None
    is_pinned: bool = False
    is_deleted: bool = False
    """Its `message` is empty then."""
    edited_at: Moment | None = None


class MessageList(Answer):
    """Oldest first."""

    messages: list[ChatMessage]
