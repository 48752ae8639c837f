"""The large size is backed up and restored by PostgreSQL's own programs, with the commands that we name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from gshop_studio.contract.rest import Role
from gshop_studio.server.operation.backup_command import pg_dump, pg_restore
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import Shop
from tests.support.postgres import Postgres, binaries


async def test_a_dump_is_restored_by_the_command_we_name(postgres: Postgres, tmp_path: Path) -> None:
    async with postgres.database() as url:
        kept = {"database_url": url, "secret_key": SECRET_KEY}

        def run(command: str) -> None:
            path = f"{binaries()}{os.pathsep}{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path, "PGPASSWORD": str(make_url(url).password)}
            done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr

        async with Shop(tmp_path / "data", **kept) as shop:
            seller = await shop.person(Role.SELLER, "Alba")
            product_id = await shop.product(seller, name="Café")
            stream_id = await shop.live_stream(seller, productIds=[product_id])
        run(pg_dump(url))
        async with Shop(tmp_path / "data", **kept) as shop:
            await shop.ask("DELETE", f"products/{await shop.product(seller)}", seller, status=204)
            await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
        run(pg_restore(url))
        async with Shop(tmp_path / "data", **kept) as shop:
            assert (await shop.ask("GET", f"live/streams/{stream_id}", seller))["status"] == "live"
            assert (await shop.ask("GET", f"products/{product_id}"))["name"] == "Café"
