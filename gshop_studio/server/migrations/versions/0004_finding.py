"""Finding: the words of shows, what is trending, where hosts are, recommendations"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gshop_studio.domain.search_words import folded

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 500
"""Shows whose words are written by one statement."""
_WORDS = ("title", "tags", "host", "products", "description")


def upgrade() -> None:
    op.add_column("users", sa.Column("city", sa.String(), nullable=True))
    op.add_column("users", sa.Column("country", sa.String(), nullable=True))
    op.create_table(
        "live_stream_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stream_id"),
    )
    op.create_table(
        "live_stream_recommendations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("viewed", sa.Boolean(), nullable=False),
        sa.Column("clicked", sa.Boolean(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("watch_duration_s", sa.Double(), nullable=True),
        sa.Column("purchased", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["live_streams.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "stream_id"),
    )
    op.create_index("idx_recommendations_user_score", "live_stream_recommendations", ["user_id", "score", "expires_at"])
    op.create_index("idx_recommendations_stream", "live_stream_recommendations", ["stream_id", "viewed"])
    op.create_index("idx_recommendations_expires", "live_stream_recommendations", ["expires_at"])
    if op.get_context().dialect.name == "postgresql":
        _index_on_postgres()
    else:
        _index_on_sqlite()
    _fill()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP MATERIALIZED VIEW live_trending")
    else:
        op.execute("DROP TABLE live_trending")
        op.execute("DROP TABLE live_stream_search_index")  # its triggers go with the table they are on
    op.drop_index("idx_recommendations_expires", table_name="live_stream_recommendations")
    op.drop_index("idx_recommendations_stream", table_name="live_stream_recommendations")
    op.drop_index("idx_recommendations_user_score", table_name="live_stream_recommendations")
    op.drop_table("live_stream_recommendations")
    op.drop_table("live_stream_search")
    op.drop_column("users", "country")
    op.drop_column("users", "city")


def _index_on_postgres() -> None:
    weighted = " || ".join(
        f"setweight(to_tsvector('simple', {name}), '{weight}')"
        for name, weight in zip(_WORDS, ("A", "B", "C", "C", "D"), strict=True)
    )
    op.execute(f"CREATE INDEX idx_live_stream_search_words ON live_stream_search USING gin (({weighted}))")
    op.execute(
        """
        CREATE MATERIALIZED VIEW live_trending AS
        SELECT id AS stream_id,
               (viewer_count + total_likes * 0.5 + total_purchases * 2)::double precision
               * power(0.5::double precision,
                       greatest(0, extract(epoch FROM now() - started_at))::double precision / 3600 / 6) AS score
        FROM live_streams
        WHERE status = 'live' AND first_media_at IS NOT NULL AND is_private IS false
          AND started_at > now() - INTERVAL '24 hours'
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX idx_live_trending_stream ON live_trending (stream_id)"
    )  # to refresh it beside reads
    op.execute("CREATE INDEX idx_live_trending_score ON live_trending (score DESC)")


def _index_on_sqlite() -> None:
    columns, new, old = (", ".join(f"{before}{name}" for name in _WORDS) for before in ("", "new.", "old."))
    op.execute(
        f"CREATE VIRTUAL TABLE live_stream_search_index USING fts5({columns}, content='live_stream_search', "
        "content_rowid='id', prefix='2 3', tokenize='unicode61 remove_diacritics 2')"
    )
    add = f"INSERT INTO live_stream_search_index(rowid, {columns}) VALUES (new.id, {new});"  # noqa: S608 - names of ours
    remove = (
        f"INSERT INTO live_stream_search_index(live_stream_search_index, rowid, {columns}) "  # noqa: S608
        f"VALUES ('delete', old.id, {old});"
    )
    for name, when, what in (
        ("added", "INSERT", add),
        ("removed", "DELETE", remove),
        ("changed", "UPDATE", remove + add),
    ):
        op.execute(f"CREATE TRIGGER live_stream_search_{name} AFTER {when} ON live_stream_search BEGIN {what} END")
    op.execute("CREATE TABLE live_trending (stream_id VARCHAR NOT NULL PRIMARY KEY, score DOUBLE NOT NULL)")
    op.execute("CREATE INDEX idx_live_trending_score ON live_trending (score DESC)")


def _fill() -> None:
    """Find the shows that are there already. Their category is added to the tags when they are edited next."""
    connection = op.get_bind()
    streams = sa.table(
        "live_streams", *(sa.column(name) for name in ("id", "host_id", "title", "description", "category")),
        sa.column("tags", sa.JSON()),
    )  # fmt: skip
    users = sa.table("users", sa.column("id"), sa.column("display_name"))
    on_shelf = sa.table("live_stream_products", sa.column("stream_id"), sa.column("product_id"), sa.column("position"))
    products = sa.table("products", sa.column("id"), sa.column("name"))
    search = sa.table("live_stream_search", sa.column("stream_id"), *(sa.column(name) for name in _WORDS))
    names: dict[str, list[str]] = {}
    for stream_id, name in connection.execute(
        sa.select(on_shelf.c.stream_id, products.c.name)
        .join(products, products.c.id == on_shelf.c.product_id)
        .order_by(on_shelf.c.stream_id, on_shelf.c.position)
    ):
        names.setdefault(stream_id, []).append(name)
    found = connection.execute(sa.select(streams, users.c.display_name).join(users, users.c.id == streams.c.host_id))
    rows = [
        {
            "stream_id": row.id,
            "title": folded(row.title),
            "tags": folded(" ".join([*(str(tag) for tag in row.tags), row.category or ""])),
            "host": folded(row.display_name),
            "products": folded(" ".join(names.get(row.id, []))),
            "description": folded(row.description),
        }
        for row in found.all()
    ]
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(search.insert(), rows[start : start + _AT_ONCE])
