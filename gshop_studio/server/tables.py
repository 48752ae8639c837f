"""The tables, as the plan names its entities. Money is integer minor units, moments are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, String, Text, UniqueConstraint, text
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
