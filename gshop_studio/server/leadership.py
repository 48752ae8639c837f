"""Whose turn it is: of the servers that share a database one leads, and does what only one is to do.

On PostgreSQL the leader holds an advisory lock on a connection of its own, which goes with the connection: when the
leader dies another follows within seconds. A SQLite file has one server, which leads. A leader that is cut off finds
out within `_ANSWER_S`; for a moment there may be two, so that what leaders do must bear being done twice.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)

_LOCK = 7_160_252
"""Of PostgreSQL's advisory locks, the leader's."""
_ASK_EVERY_S = 1.0
_ANSWER_S = 2.0
_CONNECT_S = 5.0
_SETTINGS = {
    "application_name": "gshop-studio leader",
    # The machine of a leader that lost its power says nothing: PostgreSQL is to find out.
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Leadership:
    def __init__(self, postgres_url: str | None) -> None:
        """`postgres_url` as the pool of connections has it (`postgresql+asyncpg://`); None where the database is not
        shared."""
        self._arguments = _arguments(postgres_url) if postgres_url else None
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False
        self.is_leader = self._arguments is None

    async def start(self) -> None:
        if self._arguments is not None:
            self._task = asyncio.create_task(self._stand(self._arguments), name="leadership")

    async def close(self) -> None:
        """Let another lead."""
        await stop(self._task)
        self._task = None

    async def _stand(self, arguments: dict[str, Any]) -> None:
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await asyncpg.connect(**arguments, timeout=_CONNECT_S, server_settings=_SETTINGS)
                await self._lead_while_asked(connection)
            except _FAILURES as error:
                level = logging.DEBUG if self._is_failing else logging.WARNING  # once, not each second of an outage
                log.log(level, "leadership: the database cannot be asked (%s: %s)", type(error).__name__, error)
                self._is_failing = True
            finally:
                if self.is_leader:
                    log.info("this server leads no more")
                self.is_leader = False
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(_ASK_EVERY_S)

    async def _lead_while_asked(self, connection: asyncpg.Connection) -> None:
        """Stand for election until the connection fails."""
        while True:
            if self.is_leader:
                await connection.fetchval("SELECT 1", timeout=_ANSWER_S)
            elif await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK, timeout=_ANSWER_S):
                self.is_leader = True
                log.info("this server leads")
            self._is_failing = False
            await asyncio.sleep(_ASK_EVERY_S)


def _arguments(url: str) -> dict[str, Any]:
    """What the pool's connections are opened with: asyncpg itself reads a URL's query otherwise."""
    parsed = make_url(url)
    return dict(parsed.get_dialect()().create_connect_args(parsed)[1])
