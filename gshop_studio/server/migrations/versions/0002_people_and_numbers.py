"""People who follow, moderators, chat rules, moderation, numbers: what a full evening needs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocked_words",
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seller_id", "language"),
    )
    op.create_table(
        "follows",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "seller_id"),
    )
    op.create_index(op.f("ix_follows_seller_id"), "follows", ["seller_id"], unique=False)
    op.create_table(
        "live_stream_chat_moderation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("moderator_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("duration_minutes", sa.Double(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "idx_chat_moderation_stream_created", "live_stream_chat_moderation", ["stream_id", "created_at"], unique=False
    )
    op.create_table(
        "live_stream_chat_settings",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("slow_mode_s", sa.Integer(), nullable=False),
        sa.Column("followers_only", sa.Boolean(), nullable=False),
        sa.Column("links", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "live_stream_held_messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("client_message_id", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "idx_held_messages_stream_created", "live_stream_held_messages", ["stream_id", "created_at"], unique=False
    )
    op.create_index(
        "idx_held_messages_stream_user", "live_stream_held_messages", ["stream_id", "user_id"], unique=False
    )
    op.create_index(
        "idx_held_messages_key",
        "live_stream_held_messages",
        ["user_id", "client_message_id"],
        unique=True,
        sqlite_where=sa.text("client_message_id IS NOT NULL"),
        postgresql_where=sa.text("client_message_id IS NOT NULL"),
    )
    op.create_table(
        "live_stream_highlights",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("timestamp_s", sa.Double(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("thumbnail_url", sa.String(), nullable=True),
        sa.Column("video_clip_url", sa.String(), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "idx_highlights_stream_timestamp", "live_stream_highlights", ["stream_id", "timestamp_s"], unique=False
    )
    op.create_table(
        "live_stream_metrics",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("viewer_count", sa.Integer(), nullable=False),
        sa.Column("messages_per_minute", sa.Double(), nullable=False),
        sa.Column("reactions_per_minute", sa.Double(), nullable=False),
        sa.Column("products_highlighted", sa.Integer(), nullable=False),
        sa.Column("purchases_count", sa.Integer(), nullable=False),
        sa.Column("revenue_minor", sa.BigInteger(), nullable=False),
        sa.Column("average_watch_time_s", sa.Double(), nullable=False),
        sa.Column("bounce_rate", sa.Double(), nullable=False),
        sa.Column("engagement_score", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", "timestamp"),
        postgresql_partition_by="RANGE (timestamp)",
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE TABLE live_stream_metrics_default PARTITION OF live_stream_metrics DEFAULT")
    op.create_index("idx_metrics_stream_timestamp", "live_stream_metrics", ["stream_id", "timestamp"], unique=False)
    op.create_table(
        "live_stream_moderators",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "user_id"),
    )
    op.create_index(op.f("ix_live_stream_moderators_user_id"), "live_stream_moderators", ["user_id"], unique=False)
    op.create_table(
        "live_stream_reactions",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reaction_type", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "minute", "reaction_type"),
    )
    op.create_table(
        "live_stream_restrictions",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("opaque_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("is_banned", sa.Boolean(), nullable=False),
        sa.Column("timeout_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moderator_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "opaque_id"),
    )
    op.create_index(op.f("ix_live_stream_restrictions_user_id"), "live_stream_restrictions", ["user_id"], unique=False)
    op.create_table(
        "live_stream_shares",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "channel"),
    )
    op.create_table(
        "live_stream_staff_events",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "seq"),
    )
    op.create_table(
        "wishlist_items",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "product_id"),
    )
    op.add_column("live_stream_messages", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "idx_live_messages_pinned",
        "live_stream_messages",
        ["stream_id"],
        unique=False,
        sqlite_where=sa.text("is_pinned IS 1"),
        postgresql_where=sa.text("is_pinned IS true"),
    )
    op.execute(  # keys were a show's before
        """
        UPDATE live_stream_messages SET client_message_id = NULL WHERE (user_id, client_message_id) IN (
            SELECT user_id, client_message_id FROM live_stream_messages
            GROUP BY user_id, client_message_id HAVING count(*) > 1
        )
        """
    )
    op.create_index(
        "idx_live_messages_key",
        "live_stream_messages",
        ["user_id", "client_message_id"],
        unique=True,
        sqlite_where=sa.text("client_message_id IS NOT NULL"),
        postgresql_where=sa.text("client_message_id IS NOT NULL"),
    )
    op.add_column("live_stream_viewers", sa.Column("messages_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("live_stream_viewers", sa.Column("reactions_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("live_stream_viewers", sa.Column("products_viewed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("live_stream_viewers", sa.Column("purchases_made", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "live_stream_viewers", sa.Column("total_spent_minor", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("live_stream_viewers", sa.Column("referral_source", sa.String(), nullable=True))
    op.add_column("live_stream_viewers", sa.Column("device", sa.String(), nullable=True))
    op.add_column("live_stream_viewers", sa.Column("country", sa.String(), nullable=True))
    op.add_column("live_stream_products", sa.Column("alert_memory", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("live_streams", sa.Column("thumbnail_name", sa.String(), nullable=True))
    op.add_column("live_streams", sa.Column("total_shares", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("live_streams", sa.Column("last_staff_seq", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("signed_out_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_users_signed_out_at"), "users", ["signed_out_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_signed_out_at"), table_name="users")
    op.drop_column("users", "signed_out_at")
    op.drop_column("live_streams", "last_staff_seq")
    op.drop_column("live_streams", "total_shares")
    op.drop_column("live_streams", "thumbnail_name")
    op.drop_column("live_stream_products", "alert_memory")
    op.drop_column("live_stream_viewers", "country")
    op.drop_column("live_stream_viewers", "device")
    op.drop_column("live_stream_viewers", "referral_source")
    op.drop_column("live_stream_viewers", "total_spent_minor")
    op.drop_column("live_stream_viewers", "purchases_made")
    op.drop_column("live_stream_viewers", "products_viewed")
    op.drop_column("live_stream_viewers", "reactions_count")
    op.drop_column("live_stream_viewers", "messages_count")
    op.drop_index("idx_live_messages_key", table_name="live_stream_messages")
    op.drop_index("idx_live_messages_pinned", table_name="live_stream_messages")
    op.drop_column("live_stream_messages", "edited_at")
    op.drop_table("wishlist_items")
    op.drop_table("live_stream_staff_events")
    op.drop_table("live_stream_shares")
    op.drop_index(op.f("ix_live_stream_restrictions_user_id"), table_name="live_stream_restrictions")
    op.drop_table("live_stream_restrictions")
    op.drop_table("live_stream_reactions")
    op.drop_index(op.f("ix_live_stream_moderators_user_id"), table_name="live_stream_moderators")
    op.drop_table("live_stream_moderators")
    op.drop_index("idx_metrics_stream_timestamp", table_name="live_stream_metrics")
    op.drop_table("live_stream_metrics")
    op.drop_index("idx_highlights_stream_timestamp", table_name="live_stream_highlights")
    op.drop_table("live_stream_highlights")
    op.drop_index("idx_held_messages_key", table_name="live_stream_held_messages")
    op.drop_index("idx_held_messages_stream_user", table_name="live_stream_held_messages")
    op.drop_index("idx_held_messages_stream_created", table_name="live_stream_held_messages")
    op.drop_table("live_stream_held_messages")
    op.drop_table("live_stream_chat_settings")
    op.drop_index("idx_chat_moderation_stream_created", table_name="live_stream_chat_moderation")
    op.drop_table("live_stream_chat_moderation")
    op.drop_index(op.f("ix_follows_seller_id"), table_name="follows")
    op.drop_table("follows")
    op.drop_table("blocked_words")
