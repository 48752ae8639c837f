"""A PostgreSQL for a test run: Debian's, on a free port, in a directory of its own; or the one that
GSHOP_TEST_DATABASE_URL names. Tests get a database with all tables and nothing in them: the run's, emptied, which
takes 20 ms, or one of their own, which takes 150.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from gshop_studio.server.migrations.upgrade import upgrade_database
from tests.support.certificate import self_signed
from tests.support.nginx_rtmp import free_port
from tests.support.private_daemon import as_other_user, private_daemon, wait_for_daemon

SETTING = "GSHOP_TEST_DATABASE_URL"
_PASSWORD = "postgres of a test"
_NOTHING_IS_KEPT = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
                    "max_wal_senders=0", "shared_buffers=64MB", "autovacuum=off", "max_connections=200")  # fmt: skip

_EMPTY = """
DO $$
DECLARE name text;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$
"""


class Postgres:
    """`url` names a database whose user may create others."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.url = url
        self.process = process
        """Where it is ours."""
        self._template: str | None = None
        self._shared: str | None = None

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    @property
    def port(self) -> int:
        return make_url(self.url).port or 5432

    def prepare_template(self) -> None:
        """Make the database the others are copied from. Blocking, and not within a loop."""
        if self._template is None:
            name = _new_name()
            asyncio.run(self.execute(f'CREATE DATABASE "{name}"'))
            upgrade_database(self.url_of(name).replace("postgresql://", "postgresql+asyncpg://"))
            self._template = name

    async def emptied(self) -> str:
        """The URL of the run's database, of which nobody else has a connection any more."""
        if self._shared is None:
            self._shared = _new_name()
            await self.execute(f'CREATE DATABASE "{self._shared}" TEMPLATE "{self._template}"')
        url = self.url_of(self._shared)
        await self.execute(_EMPTY, url)
        return url

    @contextlib.asynccontextmanager
    async def database(self, *, is_empty: bool = False) -> AsyncIterator[str]:
        """A new database's URL; dropped with the block."""
        name = _new_name()
        template = "" if is_empty or self._template is None else f' TEMPLATE "{self._template}"'
        await self.execute(f'CREATE DATABASE "{name}"{template}')
        try:
            yield self.url_of(name)
        finally:
            await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def execute(self, statement: str, url: str | None = None) -> None:
        connection = await asyncpg.connect(url or self.url, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def close(self) -> None:
        for name in (self._shared, self._template):
            if name is not None:
                await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def running_postgres(*, is_durable: bool = False, has_tls: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL of our own; `is_durable` keeps what is committed through a kill -9, `has_tls` speaks TLS too, with a
    certificate signed by itself."""
    programs = binaries()
    home = Path(tempfile.mkdtemp(prefix="gshop-postgres-"))
    log = home / "postgres.log"
    try:
        tls = _tls(home) if has_tls else ()
        if as_other_user("postgres"):
            for path in (home, *home.iterdir()):
                shutil.chown(path, "postgres", "postgres")
        _create(programs, home)
        port = free_port()
        settings = ["listen_addresses=127.0.0.1", *(() if is_durable else _NOTHING_IS_KEPT), *tls]
        command = [str(programs / "postgres"), "-D", str(home / "data"), "-p", str(port), "-k", "",
                   *(word for setting in settings for word in ("-c", setting))]  # fmt: skip
        with private_daemon(command, log=log, stop=signal.SIGQUIT, user="postgres") as process:
            ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_for_daemon(process, lambda: subprocess.run(ready).returncode == 0, log, "PostgreSQL")
            password = _PASSWORD.replace(" ", "%20")
            yield Postgres(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def postgres_for_tests() -> Iterator[Postgres]:
    """The one a test run shares, with its template."""
    with contextlib.ExitStack() as stack:
        stated = os.environ.get(SETTING)
        postgres = Postgres(stated) if stated else stack.enter_context(running_postgres())
        in_thread = stack.enter_context(ThreadPoolExecutor(1))  # pytest's loops are in this one
        in_thread.submit(postgres.prepare_template).result()
        yield postgres
        in_thread.submit(asyncio.run, postgres.close()).result()


def _create(programs: Path, home: Path) -> None:
    password_file = home / "password"
    password_file.write_text(_PASSWORD)
    password_file.chmod(0o644)
    options = ["-D", str(home / "data"), "-U", "postgres", "-A", "password", "--pwfile", str(password_file), "-N",
               "-E", "UTF8", "--locale=C.UTF-8"]  # fmt: skip
    as_user = as_other_user("postgres")
    command = [*(["setpriv", *as_user] if as_user else []), str(programs / "initdb"), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, f"initdb failed:\n{done.stdout}\n{done.stderr}"


def _tls(home: Path) -> tuple[str, ...]:
    self_signed(home)
    (home / "key.pem").chmod(0o600)
    return "ssl=on", f"ssl_cert_file={home}/cert.pem", f"ssl_key_file={home}/key.pem"


def binaries() -> Path:
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert debian, f"PostgreSQL is not installed: make setup-test installs it, or {SETTING} says where one runs"
    return debian[-1].parent


def _new_name() -> str:
    return f"gshop_{uuid.uuid4().hex[:12]}"
