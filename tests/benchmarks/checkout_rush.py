"""500 people buy one of ten units at one moment, before one server: how long each waits for an answer, and what the
server works for it. On SQLite, and on a PostgreSQL that keeps what is committed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.secret_key import SecretKey
from tests.benchmarks.host import CpuTimes, cpu_times, stolen_share
from tests.support.crowd import Answered, gather, rush
from tests.support.postgres import running_postgres
from tests.support.server import running_server

BUYERS, STOCK = 500, 10
_SECRET = base64.b64encode(bytes(range(32))).decode()


@dataclass(frozen=True)
class Rush:
    p50_ms: float
    p95_ms: float
    orders: int
    refused: int
    cpu_ms: float
    """The server's, for one buyer."""
    stolen: float


def run(buyers: int = BUYERS, *, on_postgres: bool = False) -> Rush:
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        data_dir = Path(directory) / "data"
        data_dir.mkdir()
        url = stack.enter_context(running_postgres(is_durable=True)).url if on_postgres else None
        config = ServerConfig(data_dir=data_dir, database_url=url)
        upgrade_database(config.database)
        return asyncio.run(_run(config, buyers))


async def _run(config: ServerConfig, buyers: int) -> Rush:
    database = Database(config.database)
    secret = SecretKey.parse(_SECRET, "key")
    first, crowd = [await gather(database, secret, number, STOCK) for number in (20, buyers)]
    await database.close()
    environment = {
        "GSHOP_SECRET_KEY": _SECRET,
        "GSHOP_RATE_LIMIT": "1000000/minute",
        "GSHOP_MAX_CONNECTIONS_PER_ADDRESS": "100000",
    }
    if config.database_url:
        environment["GSHOP_DATABASE_URL"] = config.database_url
    with running_server(config.data_dir, extra_env=environment) as server:
        await rush(server.http, first)  # what is loaded once is loaded
        marks: list[tuple[CpuTimes, float]] = []
        answered = await rush(server.http, crowd, lambda: marks.append((cpu_times(), _cpu_s(server.process.pid))))
        [(before, busy_s)] = marks
        busy_s = _cpu_s(server.process.pid) - busy_s
        stolen = stolen_share(before, cpu_times())
        answers = [answer for answer in answered if isinstance(answer, Answered)]
    assert len(answers) == buyers
    milliseconds = sorted(answer.seconds * 1000 for answer in answers)
    return Rush(
        p50_ms=milliseconds[len(milliseconds) // 2],
        p95_ms=milliseconds[int(len(milliseconds) * 0.95)],
        orders=sum(answer.status == 201 for answer in answers),
        refused=sum(answer.code == "product.out_of_stock" for answer in answers),
        cpu_ms=busy_s * 1000 / buyers,
        stolen=stolen,
    )


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    for on_postgres in (False, True):
        print("PostgreSQL" if on_postgres else "SQLite", run(on_postgres=on_postgres))
