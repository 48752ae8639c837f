"""500 people buy one of ten units at one moment, before a server on SQLite: how long each waits for an answer."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.secret_key import SecretKey
from tests.benchmarks.host import cpu_times, stolen_share
from tests.support.crowd import Answered, gather, rush
from tests.support.server import running_server

BUYERS, STOCK = 500, 10
_SECRET = base64.b64encode(bytes(range(32))).decode()


@dataclass(frozen=True)
class Rush:
    p50_ms: float
    p95_ms: float
    orders: int
    refused: int
    stolen: float


def run(buyers: int = BUYERS) -> Rush:
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_run(Path(directory) / "data", buyers))


async def _run(data_dir: Path, buyers: int) -> Rush:
    data_dir.mkdir()
    await asyncio.to_thread(upgrade_database, f"sqlite:///{data_dir / 'gshop.db'}")
    database = Database(ServerConfig(data_dir=data_dir).database)
    secret = SecretKey.parse(_SECRET, "key")
    first, crowd = [await gather(database, secret, number, STOCK) for number in (20, buyers)]
    await database.close()
    environment = {
        "GSHOP_SECRET_KEY": _SECRET,
        "GSHOP_RATE_LIMIT": "1000000/minute",
        "GSHOP_MAX_CONNECTIONS_PER_ADDRESS": "100000",
    }
    with running_server(data_dir, extra_env=environment) as server:
        await rush(server.http, first)  # what is loaded once is loaded
        before = cpu_times()
        answers = [answer for answer in await rush(server.http, crowd) if isinstance(answer, Answered)]
        stolen = stolen_share(before, cpu_times())
    assert len(answers) == buyers
    milliseconds = sorted(answer.seconds * 1000 for answer in answers)
    return Rush(
        p50_ms=milliseconds[len(milliseconds) // 2],
        p95_ms=milliseconds[int(len(milliseconds) * 0.95)],
        orders=sum(answer.status == 201 for answer in answers),
        refused=sum(answer.code == "product.out_of_stock" for answer in answers),
        stolen=stolen,
    )


if __name__ == "__main__":
    print(run())
