"""The tables, as the plan names its entities. Money is integer minor units, moments are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    column,
    table,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment. SQLite keeps no zone, so what comes back is told to be UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcMoment(), dict[str, Any]: JSON(), list[str]: JSON(), str: String()}


class UserRow(Base):
    """`email` and `password_hash` are null for a guest."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    """Folded to lower case."""
    password_hash: Mapped[str | None]
    display_name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    avatar_url: Mapped[str | None]
    city: Mapped[str | None]
    """As the person wrote it; shown on a host's page, and what shows are found by."""
    country: Mapped[str | None]
    """ISO 3166, two letters."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    signed_out_at: Mapped[datetime | None] = mapped_column(index=True)
    """Access tokens issued before this moment are over: the person signed out everywhere."""


class RefreshTokenRow(Base):
    """A refresh token, hashed. A family is all that follow from one sign-in; a used one seen again ends the family."""

    __tablename__ = "refresh_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ProductRow(Base):
    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None]
    price_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    stock: Mapped[int]
    image_name: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (Index("idx_products_seller_created", "seller_id", "created_at"),)


class LiveStreamRow(Base):
    """A show. `last_seq` is the sequence of its room's last lasting event, `last_staff_seq` of its host's room."""

    __tablename__ = "live_streams"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    host_type: Mapped[str]
    host_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    seller_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    affiliate_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    stream_key_sealed: Mapped[str | None]
    """Encrypted; only the host is shown it."""
    stream_key_hash: Mapped[str | None] = mapped_column(unique=True)
    """Keyed hash, to find the stream of a key."""
    is_receiving: Mapped[bool]
    first_media_at: Mapped[datetime | None]
    media_lost_at: Mapped[datetime | None]
    thumbnail_url: Mapped[str | None]
    """As the host gave it; `thumbnail_name` wins."""
    thumbnail_name: Mapped[str | None]
    """An uploaded picture of ours."""
    category: Mapped[str | None]
    tags: Mapped[list[str]]
    language: Mapped[str]
    currency: Mapped[str | None]
    """Of all its products; set by the first."""
    stream_quality: Mapped[str]
    orientation: Mapped[str]
    latency_mode: Mapped[str]
    is_recorded: Mapped[bool]
    recording_url: Mapped[str | None]
    is_private: Mapped[bool]
    allowed_viewers: Mapped[list[str]]
    viewer_count: Mapped[int]
    peak_viewer_count: Mapped[int]
    total_views: Mapped[int]
    total_likes: Mapped[int]
    total_messages: Mapped[int]
    total_purchases: Mapped[int]
    total_shares: Mapped[int]
    gmv_minor: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    last_staff_seq: Mapped[int] = mapped_column(BigInteger)
    scheduled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index("idx_live_streams_status_viewers", "status", "viewer_count"),
        Index("idx_live_streams_category_status", "category", "status"),
        Index("idx_live_streams_started_at", "started_at"),
    )


class LiveStreamProductRow(Base):
    __tablename__ = "live_stream_products"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    position: Mapped[int]
    is_visible: Mapped[bool]
    """Highlighted now."""
    is_pinned: Mapped[bool]
    highlighted_at: Mapped[datetime | None]
    live_price_minor: Mapped[int | None] = mapped_column(BigInteger)
    discount_percent: Mapped[str | None]
    """A decimal, as text: exact on every database."""
    stock: Mapped[int | None]
    sold_count: Mapped[int]
    click_count: Mapped[int]
    add_to_cart_count: Mapped[int]
    purchase_count: Mapped[int]
    revenue_minor: Mapped[int] = mapped_column(BigInteger)
    alert_memory: Mapped[dict[str, Any]]
    """What the alerts' rules remember of it (`domain.product_alerts`)."""
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("stream_id", "product_id"),
        Index("idx_live_products_stream_visible", "stream_id", "is_visible"),
        Index("idx_live_products_sold_count", "stream_id", "sold_count"),
    )


class LiveStreamMessageRow(Base):
    __tablename__ = "live_stream_messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    reaction_type: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    client_message_id: Mapped[str | None]
    is_deleted: Mapped[bool]
    deleted_by: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    is_pinned: Mapped[bool]
    edited_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("stream_id", "user_id", "client_message_id"),  # finds what a person said in a show
        UniqueConstraint("stream_id", "seq"),
        Index(
            "idx_live_messages_key",
            "user_id",
            "client_message_id",
            unique=True,
            sqlite_where=text("client_message_id IS NOT NULL"),
            postgresql_where=text("client_message_id IS NOT NULL"),
        ),
        Index("idx_live_messages_stream_created", "stream_id", "created_at"),
        Index("idx_live_messages_type", "stream_id", "type"),
        Index(
            "idx_live_messages_pinned",
            "stream_id",
            sqlite_where=text("is_pinned IS 1"),
            postgresql_where=text("is_pinned IS true"),
        ),
    )


class LiveStreamViewerRow(Base):
    """One person, guest or anonymous session that has watched a show. `viewer_key` tells them apart."""

    __tablename__ = "live_stream_viewers"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    viewer_key: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    session_id: Mapped[str]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    watch_duration_s: Mapped[float]
    is_active: Mapped[bool]
    last_ping_at: Mapped[datetime]
    messages_count: Mapped[int]
    reactions_count: Mapped[int]
    products_viewed: Mapped[int]
    purchases_made: Mapped[int]
    total_spent_minor: Mapped[int] = mapped_column(BigInteger)
    referral_source: Mapped[str | None]
    device: Mapped[str | None]
    country: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("stream_id", "viewer_key"),
        Index("idx_live_viewers_stream_active", "stream_id", "is_active"),
        Index("idx_live_viewers_user_joined", "user_id", "joined_at"),
        Index("idx_live_viewers_session", "session_id"),
    )


class LiveStreamEventRow(Base):
    """The event log of a show's room: what `live:resume` replays."""

    __tablename__ = "live_stream_events"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class LiveStreamStaffEventRow(Base):
    """The event log of what only a show's host and moderators may see, with a sequence of its own."""

    __tablename__ = "live_stream_staff_events"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class LiveStreamShareRow(Base):
    """How often a show was shared by each way."""

    __tablename__ = "live_stream_shares"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class FollowRow(Base):
    __tablename__ = "follows"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    """Whom they follow: any host of shows."""
    created_at: Mapped[datetime]

    __table_args__ = (Index("idx_follows_seller_user", "seller_id", "user_id"),)


class WishlistRow(Base):
    __tablename__ = "wishlist_items"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime]


class LiveStreamModeratorRow(Base):
    """A person the host named to moderate one show, with the rights given."""

    __tablename__ = "live_stream_moderators"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    rights: Mapped[list[str]]
    added_by: Mapped[str]
    created_at: Mapped[datetime]


class LiveStreamRestrictionRow(Base):
    """A ban or a time-out in one show. Kept by an opaque id, so that a ban outlives the erasure of an account."""

    __tablename__ = "live_stream_restrictions"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    opaque_id: Mapped[str] = mapped_column(primary_key=True)
    """`Caller.opaque_id`."""
    user_id: Mapped[str | None] = mapped_column(index=True)
    """While the account exists."""
    is_banned: Mapped[bool]
    timeout_until: Mapped[datetime | None]
    moderator_id: Mapped[str]
    reason: Mapped[str | None]
    updated_at: Mapped[datetime]


class LiveStreamChatSettingsRow(Base):
    """How a show's chat is kept; a show without a row has the defaults."""

    __tablename__ = "live_stream_chat_settings"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    slow_mode_s: Mapped[int]
    followers_only: Mapped[bool]
    links: Mapped[str]
    """allow, hold or block."""
    updated_at: Mapped[datetime]


class BlockedWordsRow(Base):
    """A host's blocked words for shows in one language."""

    __tablename__ = "blocked_words"

    seller_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[list[str]]
    updated_at: Mapped[datetime]


class LiveStreamHeldMessageRow(Base):
    """A message that waits for a moderator. Approved, it becomes a message of the same id."""

    __tablename__ = "live_stream_held_messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    message: Mapped[str] = mapped_column(Text)
    client_message_id: Mapped[str | None]
    reasons: Mapped[list[str]]
    """Why it is held: links, toxicity, ..."""
    decision: Mapped[str | None]
    """approve or reject."""
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("idx_held_messages_stream_user", "stream_id", "user_id"),
        Index("idx_held_messages_stream_created", "stream_id", "created_at"),
        Index(
            "idx_held_messages_key",
            "user_id",
            "client_message_id",
            unique=True,
            sqlite_where=text("client_message_id IS NOT NULL"),
            postgresql_where=text("client_message_id IS NOT NULL"),
        ),
    )


class LiveStreamReactionRow(Base):
    """How often each reaction came in a minute of a show."""

    __tablename__ = "live_stream_reactions"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    reaction_type: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class LiveStreamChatModerationRow(Base):
    """The log of what moderators did."""

    __tablename__ = "live_stream_chat_moderation"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    """Who was moderated."""
    moderator_id: Mapped[str]
    action: Mapped[str]
    """timeout, ban, delete_message, warning; untimeout, unban, approve, reject; name_moderator, remove_moderator,
    chat_settings."""
    reason: Mapped[str | None]
    duration_minutes: Mapped[float | None]
    message_id: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    __table_args__ = (Index("idx_chat_moderation_stream_created", "stream_id", "created_at"),)


class LiveStreamMetricRow(Base):
    """What a show was like at one moment, every 30 s. On PostgreSQL partitioned by month."""

    __tablename__ = "live_stream_metrics"

    id: Mapped[str] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    viewer_count: Mapped[int]
    messages_per_minute: Mapped[float]
    reactions_per_minute: Mapped[float]
    products_highlighted: Mapped[int]
    purchases_count: Mapped[int]
    revenue_minor: Mapped[int] = mapped_column(BigInteger)
    average_watch_time_s: Mapped[float]
    bounce_rate: Mapped[float]
    engagement_score: Mapped[float]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("idx_metrics_stream_timestamp", "stream_id", "timestamp"),
        {"postgresql_partition_by": "RANGE (timestamp)"},
    )


class LiveStreamHighlightRow(Base):
    """A moment worth coming back to, found by rules."""

    __tablename__ = "live_stream_highlights"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    timestamp_s: Mapped[float]
    """From the stream's start."""
    type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    video_clip_url: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    is_public: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (Index("idx_highlights_stream_timestamp", "stream_id", "timestamp_s"),)


# --- finding: the words of shows, what is trending, what is recommended ------------------------------------------


class LiveStreamSearchRow(Base):
    """The words by which a show is found, folded (`domain.search_words`). Indexed outside of these tables' description:
    on SQLite by the FTS5 table `live_stream_search_index`, on PostgreSQL by a GIN index."""

    __tablename__ = "live_stream_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), unique=True)
    title: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    """And the category, as we name it in each language."""
    host: Mapped[str] = mapped_column(Text)
    """The name of who shows."""
    products: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None]
    """Of the host, folded."""
    country: Mapped[str | None]
    """Of the host, ISO 3166."""


live_trending = table("live_trending", column("stream_id", String()), column("score", Double()))
"""What draws people now, as of the last refresh. On PostgreSQL a materialised view, on SQLite a table."""


class LiveStreamRecommendationRow(Base):
    """A show recommended to a person, and what they made of it."""

    __tablename__ = "live_stream_recommendations"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"))
    score: Mapped[float]
    """0 to 100."""
    reasons: Mapped[list[str]]
    position: Mapped[int]
    """From 1."""
    viewed: Mapped[bool]
    clicked: Mapped[bool]
    watched: Mapped[bool]
    watch_duration_s: Mapped[float | None]
    purchased: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """At the show's end at the latest; before, when it is recommended no more."""

    __table_args__ = (
        UniqueConstraint("user_id", "stream_id"),
        Index("idx_recommendations_user_score", "user_id", "score", "expires_at"),
        Index("idx_recommendations_stream", "stream_id", "viewed"),
        Index("idx_recommendations_expires", "expires_at"),
    )


# --- paying ---------------------------------------------------------------------------------------------------


class ShippingAddressRow(Base):
    """Where a person has things sent. An order keeps a copy of its own."""

    __tablename__ = "shipping_addresses"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    recipient: Mapped[str]
    line1: Mapped[str]
    line2: Mapped[str | None]
    city: Mapped[str]
    region: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str]
    """ISO 3166, two letters."""
    phone: Mapped[str | None]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("idx_shipping_addresses_user", "user_id", "created_at"),)


class PaymentMethodRow(Base):
    """What a person pays with, as the provider's token for it. No number of a card is ever here."""

    __tablename__ = "payment_methods"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str]
    token_sealed: Mapped[str]
    """Encrypted; nobody is shown it."""
    token_hash: Mapped[str]
    """Keyed hash, so that one token is saved once."""
    method: Mapped[str]
    last_four: Mapped[str | None]
    expiry_month: Mapped[int | None]
    expiry_year: Mapped[int | None]
    is_default: Mapped[bool]
    used_up_at: Mapped[datetime | None]
    """When a token that pays once did."""
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("user_id", "provider", "token_hash"),
        Index("idx_payment_methods_user", "user_id", "created_at"),
    )


class PaymentNoticeRow(Base):
    """A provider's notice that was believed: done once, and kept until it could not be sent again."""

    __tablename__ = "payment_notices"

    key: Mapped[str] = mapped_column(primary_key=True)
    """The same for the same notice."""
    payment_id: Mapped[str]
    """The provider's."""
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When to take it up, again or for the first time; null when it is done."""
    attempts: Mapped[int]

    __table_args__ = (Index("idx_payment_notices_due", "due_at"),)


class SandboxPaymentRow(Base):
    """The books of the sandbox provider. They know nothing of orders, and checkout never reads them."""

    __tablename__ = "sandbox_payments"

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    request_hash: Mapped[str]
    reference: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    decides_at: Mapped[datetime | None]
    """When a pending one becomes what `decides_to` says."""
    decides_to: Mapped[str | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    refunded_minor: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    takes_no_refund: Mapped[bool]
    created_at: Mapped[datetime]


class SandboxRefundRow(Base):
    __tablename__ = "sandbox_refunds"

    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("sandbox_payments.id", ondelete="CASCADE"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class SandboxNoticeRow(Base):
    """A notice the sandbox has to send."""

    __tablename__ = "sandbox_notices"

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("sandbox_payments.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]


# --- buying: carts, orders, payments, commissions, what follows a commit ---------------------------------------


class CartRow(Base):
    """What somebody means to buy in a show. One at a time is open; a closed one was bought or given up."""

    __tablename__ = "carts"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), index=True)
    is_open: Mapped[bool]
    order_id: Mapped[str | None]
    """The order that is buying it now, or has."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "idx_carts_open",
            "user_id",
            "stream_id",
            unique=True,
            sqlite_where=text("is_open IS 1"),
            postgresql_where=text("is_open IS true"),
        ),
    )


class CartItemRow(Base):
    __tablename__ = "cart_items"

    id: Mapped[str] = mapped_column(primary_key=True)
    cart_id: Mapped[str] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    told_minor: Mapped[int] = mapped_column(BigInteger)
    """What the buyer was last told that one costs: nobody pays more without having seen it."""
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("cart_id", "product_id"),)


class OrderRow(Base):
    """`stream_id` stays when the show is removed: it is what the sale is attributed to."""

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Also the payment's reference at the provider."""
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    stream_id: Mapped[str]
    host_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    affiliate_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    cart_id: Mapped[str | None]
    status: Mapped[str]
    """`domain.order_life.OrderStatus`."""
    currency: Mapped[str]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    commission_percent: Mapped[str | None]
    """A decimal, as text."""
    commission_minor: Mapped[int | None] = mapped_column(BigInteger)
    provider: Mapped[str]
    payment_method_id: Mapped[str]
    shipping_address_id: Mapped[str]
    shipping_address: Mapped[dict[str, Any]]
    """As it was when the order was made."""
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str]
    payment_id: Mapped[str | None]
    """Of the payment that paid it: a row's id in `payments`."""
    decline_reason: Mapped[str | None]
    refund_reason: Mapped[str | None]
    is_restocking: Mapped[bool]
    """Whether its goods go back into the stock once its money is back."""
    reserved_until: Mapped[datetime]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the provider is to be asked again what became of it; None where that is known for good."""
    checks: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]

    __table_args__ = (
        Index("idx_orders_user_created", "user_id", "created_at"),
        Index("idx_orders_stream_status", "stream_id", "status"),
        Index(
            "idx_orders_key",
            "user_id",
            "idempotency_key",
            unique=True,
            sqlite_where=text("idempotency_key IS NOT NULL"),
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )


class OrderItemRow(Base):
    """A line of an order, as it was when it was made: names and prices change later."""

    __tablename__ = "order_items"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    quantity: Mapped[int]
    price_minor: Mapped[int] = mapped_column(BigInteger)
    """The catalogue's, of one."""
    unit_minor: Mapped[int] = mapped_column(BigInteger)
    """What one cost."""
    celebrated_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("order_id", "product_id"),)


class StockReservationRow(Base):
    """Goods kept for an order that is not paid yet. Gone when it is paid, declined or expired."""

    __tablename__ = "stock_reservations"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True, index=True)
    stream_id: Mapped[str]
    quantity: Mapped[int]


class PaymentRow(Base):
    """A payment the provider knows of. Every one has its order, or is on its way back."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    provider: Mapped[str]
    provider_payment_id: Mapped[str]
    status: Mapped[str]
    """`payments.ports.PaymentStatus`, as last heard."""
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    refund_state: Mapped[str | None]
    """due, done, or refused by the provider, which a person has to look at."""
    refund_reason: Mapped[str | None]
    refund_id: Mapped[str | None]
    """The provider's."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("provider", "provider_payment_id"),
        Index("idx_payments_refund_state", "refund_state"),
    )


class AffiliateRow(Base):
    """An affiliate's own commission; who has no row has the usual one."""

    __tablename__ = "affiliates"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    commission_percent: Mapped[str]
    """A decimal, as text."""
    updated_at: Mapped[datetime]


class LiveStreamCoHostRow(Base):
    """Who hosts a show with its affiliate, and which part of the commission is theirs."""

    __tablename__ = "live_stream_co_hosts"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    share_percent: Mapped[str]
    """A decimal, as text."""
    created_at: Mapped[datetime]


class CommissionRow(Base):
    """What an order earned one of the show's hosts. A refund reverses it."""

    __tablename__ = "commissions"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    stream_id: Mapped[str]
    percent: Mapped[str]
    """Of the amount paid, for all hosts together."""
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """This person's part."""
    created_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("order_id", "user_id"),
        Index("idx_commissions_user_created", "user_id", "created_at"),
    )


class AfterCommitTaskRow(Base):
    """Something that is to follow from a change, written with the change. `due_at` of one that is being done is the end
    of its lease: a worker that dies leaves it to the next."""

    __tablename__ = "after_commit_tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    """What it is about; a kind is done once a subject."""
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index(
            "idx_after_commit_due",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("idx_after_commit_done", "done_at"),
    )


# --- coming back: schedules, subscriptions, notifications --------------------------------------------------------


class LiveStreamScheduleRow(Base):
    """When a show is to be. It goes with the show's row, which has its title, category, tags, picture and shelf."""

    __tablename__ = "live_stream_schedules"

    id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), unique=True)
    status: Mapped[str]
    """scheduled, cancelled or completed."""
    scheduled_date: Mapped[datetime]
    time_zone: Mapped[str]
    wall_clock: Mapped[str]
    """What the clock of the zone is to show then, in ISO 8601: what a weekly repeat counts from."""
    repeats: Mapped[str]
    """none or weekly."""
    estimated_duration_s: Mapped[int]
    notify_followers: Mapped[bool]
    reminders_sent: Mapped[int]
    reminded_for: Mapped[datetime | None]
    """The date for which the reminders are on their way."""
    previous_id: Mapped[str | None] = mapped_column(unique=True)
    """The schedule a weekly repeat follows: each has one next."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("idx_schedules_status_date", "status", "scheduled_date"),)


class LiveStreamSubscriptionRow(Base):
    """Who wants to be reminded of a show."""

    __tablename__ = "live_stream_subscriptions"

    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class NotificationAnnouncementRow(Base):
    """Something many are to be told of a show: worked off person by person, in the order of their ids."""

    __tablename__ = "notification_announcements"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Says that it is the same: it is told once, and each person once."""
    kind: Mapped[str]
    stream_id: Mapped[str] = mapped_column(ForeignKey("live_streams.id", ondelete="CASCADE"), index=True)
    facts: Mapped[dict[str, Any]]
    """What its text is made of, in each person's language."""
    valid_until: Mapped[datetime | None]
    """Later nobody is woken by it."""
    after_user_id: Mapped[str]
    """The last person told."""
    told_count: Mapped[int]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class NotificationRow(Base):
    """One thing one person is told: a line of their inbox, and what goes out by other ways."""

    __tablename__ = "notifications"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str]
    kind: Mapped[str]
    stream_id: Mapped[str | None] = mapped_column(ForeignKey("live_streams.id", ondelete="SET NULL"), index=True)
    order_id: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    is_in_inbox: Mapped[bool]
    """Not for who wants this kind by other ways only."""
    valid_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("idx_notifications_user_created", "user_id", "created_at"),
        Index("idx_notifications_created", "created_at"),
    )


class NotificationDeliveryRow(Base):
    """A notification on its way by e-mail, or to one device; each once."""

    __tablename__ = "notification_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    notification_id: Mapped[str] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    channel: Mapped[str]
    """email or push."""
    target: Mapped[str]
    """The device's id; nothing for e-mail, which goes to the address the account has by then."""
    status: Mapped[str]
    """waiting, sent, skipped (nobody wants it any more) or failed."""
    reason: Mapped[str | None]
    attempts: Mapped[int]
    next_try_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    """Somebody is sending it; if they died, others may after that."""
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "target"),
        Index(
            "idx_deliveries_waiting",
            "channel",
            "next_try_at",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )


class NotificationPreferencesRow(Base):
    """What a person wants to be told, how and when; who has no row has the defaults."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    time_zone: Mapped[str | None]
    is_quiet_at_night: Mapped[bool]
    quiet_from: Mapped[str]
    """As 23:00, of the person's clock."""
    quiet_until: Mapped[str]
    choices: Mapped[dict[str, Any]]
    """By kind: which of the ways are on. What is not named is as by default."""
    updated_at: Mapped[datetime]


class UserDeviceRow(Base):
    """Where push messages to a person go. A token is one person's: who signs in on the device last."""

    __tablename__ = "user_devices"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    platform: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


# --- privacy ------------------------------------------------------------------------------------------------------


class ErasureRow(Base):
    """A person who asked to be erased. `id` is the hash of theirs, which says nothing by itself."""

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str | None] = mapped_column(index=True)
    """Until all of it is done."""
    requested_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    cleaned_at: Mapped[datetime | None] = mapped_column(index=True)
    """Since when no file of ours has traces of them."""
