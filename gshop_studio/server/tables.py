"""The tables, as the plan names its entities. Money is integer minor units, moments are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, String, Text, UniqueConstraint
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
    """A show. `last_seq` is the sequence of its room's last lasting event."""

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
    gmv_minor: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
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
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("stream_id", "user_id", "client_message_id"),
        UniqueConstraint("stream_id", "seq"),
        Index("idx_live_messages_stream_created", "stream_id", "created_at"),
        Index("idx_live_messages_type", "stream_id", "type"),
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
