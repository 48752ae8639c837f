"""Who was erased; viewers by their session, so that all of a person's are found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleaned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_erasures_user_id"), "erasures", ["user_id"], unique=False)
    op.create_index(op.f("ix_erasures_cleaned_at"), "erasures", ["cleaned_at"], unique=False)
    op.create_index("idx_live_viewers_session", "live_stream_viewers", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_index("idx_live_viewers_session", table_name="live_stream_viewers")
    op.drop_index(op.f("ix_erasures_cleaned_at"), table_name="erasures")
    op.drop_index(op.f("ix_erasures_user_id"), table_name="erasures")
    op.drop_table("erasures")
