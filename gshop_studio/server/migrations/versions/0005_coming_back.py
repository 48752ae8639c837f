"""Schedules, subscriptions, notifications: what brings people back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_stream_schedules",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("scheduled_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("wall_clock", sa.String(), nullable=False),
        sa.Column("repeats", sa.String(), nullable=False),
        sa.Column("estimated_duration_s", sa.Integer(), nullable=False),
        sa.Column("notify_followers", sa.Boolean(), nullable=False),
        sa.Column("reminders_sent", sa.Integer(), nullable=False),
        sa.Column("reminded_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("previous_id"),
        sa.UniqueConstraint("stream_id"),
    )
    op.create_index("idx_schedules_status_date", "live_stream_schedules", ["status", "scheduled_date"], unique=False)
    op.create_table(
        "live_stream_subscriptions",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "user_id"),
    )
    op.create_index(
        op.f("ix_live_stream_subscriptions_user_id"), "live_stream_subscriptions", ["user_id"], unique=False
    )
    op.create_table(
        "notification_announcements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_user_id", sa.String(), nullable=False),
        sa.Column("told_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        op.f("ix_notification_announcements_done_at"), "notification_announcements", ["done_at"], unique=False
    )
    op.create_index(
        op.f("ix_notification_announcements_stream_id"), "notification_announcements", ["stream_id"], unique=False
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=True),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("is_in_inbox", sa.Boolean(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "key"),
    )
    op.create_index("idx_notifications_user_created", "notifications", ["user_id", "created_at"], unique=False)
    op.create_index("idx_notifications_created", "notifications", ["created_at"], unique=False)
    op.create_index(op.f("ix_notifications_stream_id"), "notifications", ["stream_id"], unique=False)
    op.create_table(
        "notification_deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("notification_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notification_id", "channel", "target"),
    )
    op.create_index(
        "idx_deliveries_waiting",
        "notification_deliveries",
        ["channel", "next_try_at"],
        unique=False,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("is_quiet_at_night", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.String(), nullable=False),
        sa.Column("quiet_until", sa.String(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "user_devices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_user_devices_user_id"), "user_devices", ["user_id"], unique=False)
    op.create_index("idx_follows_seller_user", "follows", ["seller_id", "user_id"], unique=False)
    # A show that had a date before has a schedule from now on: an id of ours is as good as any other.
    op.execute(
        """
        INSERT INTO live_stream_schedules (
            id, stream_id, status, scheduled_date, time_zone, wall_clock, repeats, estimated_duration_s,
            notify_followers, reminders_sent, reminded_for, previous_id, created_at, updated_at
        )
        SELECT id, id, 'scheduled', scheduled_at, 'UTC', '', 'none', 3600, true, 0, NULL, NULL, created_at, updated_at
        FROM live_streams WHERE status = 'scheduled' AND scheduled_at IS NOT NULL
        """
    )


def downgrade() -> None:
    op.drop_index("idx_follows_seller_user", table_name="follows")
    op.drop_index(op.f("ix_user_devices_user_id"), table_name="user_devices")
    op.drop_table("user_devices")
    op.drop_table("notification_preferences")
    op.drop_index("idx_deliveries_waiting", table_name="notification_deliveries")
    op.drop_table("notification_deliveries")
    op.drop_index(op.f("ix_notifications_stream_id"), table_name="notifications")
    op.drop_index("idx_notifications_created", table_name="notifications")
    op.drop_index("idx_notifications_user_created", table_name="notifications")
    op.drop_table("notifications")
    op.drop_index(op.f("ix_notification_announcements_stream_id"), table_name="notification_announcements")
    op.drop_index(op.f("ix_notification_announcements_done_at"), table_name="notification_announcements")
    op.drop_table("notification_announcements")
    op.drop_index(op.f("ix_live_stream_subscriptions_user_id"), table_name="live_stream_subscriptions")
    op.drop_table("live_stream_subscriptions")
    op.drop_index("idx_schedules_status_date", table_name="live_stream_schedules")
    op.drop_table("live_stream_schedules")
