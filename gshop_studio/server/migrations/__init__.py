"""The database's shape over time: Alembic scripts, run at every start of the server."""
