"""A running server: the data directory prepared, the ports bound, uvicorn serving, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from pathlib import Path

import uvicorn
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FaultBecause
from gshop_studio.reason_texts import reason_of
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.app import MediaFactory, Server, create_server
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.instance import data_dir_fault
from gshop_studio.server.listening import bind, bind_fault
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.realtime.sockets import MAX_PACKET_BYTES
from gshop_studio.server.realtime.websocket import FrameWebSocket
from gshop_studio.server.refusals import Refused
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.start_failed import StartFailed

STOP_GRACE_S = 2
"""How long requests may take to finish once the server stops."""
_STARTING = "57P03"
"""What PostgreSQL says until it takes connections."""


class RunningServer:
    """The data directory is claimed by whoever makes this (`instance`)."""

    def __init__(self, config: ServerConfig, make_media: MediaFactory, passwords: Passwords | None = None) -> None:
        self._config = config
        self._make_media = make_media
        self._passwords = passwords
        self._uvicorn: _Uvicorn | None = None
        self._serving: asyncio.Task[None] | None = None
        self.server: Server

    async def start(self) -> Server:
        """Listen and serve.

        Raises:
            StartFailed: a port is taken, the host is not ours, or the data directory fails.
        """
        config = self._config
        listener = bind(config.host, config.port)
        try:
            secret = await asyncio.to_thread(_prepare, config)
            port = int(listener.getsockname()[1])
            self.server = create_server(config, secret, port, self._make_media, passwords=self._passwords)
        except BaseException:
            listener.close()
            raise
        try:
            await self._open()
            self._uvicorn = _Uvicorn(_uvicorn_config(self.server))
            self._serving = asyncio.create_task(self._uvicorn.serve([listener]), name="http")
            while not self._uvicorn.started:
                if self._serving.done():
                    raise StartFailed(Fault("server.not_ready", {"reason": "http"}))
                await asyncio.sleep(0.01)
        except BaseException:
            listener.close()
            await self.server.say_goodbye()
            await self.server.close()
            raise
        return self.server

    async def wait(self) -> None:
        """Until serving ends by itself, which it should not."""
        assert self._serving is not None
        await self._serving

    async def stop(self) -> None:
        """Say goodbye to clients, finish what is being answered, close everything."""
        assert self._serving is not None and self._uvicorn is not None
        self._uvicorn.stop_accepting()
        await self.server.say_goodbye()
        self._uvicorn.end()
        await self._serving
        await self.server.close()

    async def _open(self) -> None:
        try:
            await self.server.start()
        except OSError as error:
            raise StartFailed(bind_fault(self._config.host, self._config.rtmp_port, error)) from error
        except Refused as error:
            raise StartFailed(_storage_fault(self._config.data_dir, error.code)) from error


class _Uvicorn(uvicorn.Server):
    """Leaves signals to the command, which has more to stop than HTTP."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told_to_end = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        """As uvicorn's, which looks ten times a second whether it is to end: this one ends when it is told."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 864_000
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._told_to_end.wait()

    def end(self) -> None:
        """Finish what is being answered and return from `serve`."""
        self.should_exit = True
        self._told_to_end.set()

    def stop_accepting(self) -> None:
        """Take no new connections; those that are open go on."""
        for server in self.servers:
            server.close()


def _uvicorn_config(server: Server) -> uvicorn.Config:
    return uvicorn.Config(
        server.app,
        loop="none",
        http="httptools",
        ws=FrameWebSocket,
        ws_max_size=MAX_PACKET_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_GRACE_S,
    )


def _prepare(config: ServerConfig) -> SecretKey:
    try:
        upgrade_database(config.database)
    except CommandError as error:
        raise StartFailed(Fault("server.database_newer", {"path": _database_name(config)})) from error
    except DBAPIError as error:
        code = {"disk": "storage.full"}.get(str(error.orig).partition(" ")[0], "")
        if "is full" in str(error.orig) or code:
            fault = _storage_fault(config.data_dir, "storage.full")
        elif getattr(error.orig, "sqlstate", None) == _STARTING:
            fault = _unreachable(config, Fault("os.starting"))
        else:
            fault = Fault("server.database_unreadable", {"path": _database_name(config), "reason": str(error.orig)})
        raise StartFailed(fault) from error
    except OSError as error:
        raise StartFailed(_unreachable(config, reason_of(error))) from error
    try:
        if config.database_url is None:
            config.database_path.chmod(0o600)
        if config.secret_key is not None:
            return SecretKey.parse(config.secret_key.get_secret_value(), "GSHOP_SECRET_KEY")
        return SecretKey.load_or_create(config.data_dir / "secret.key")
    except OSError as error:
        raise StartFailed(data_dir_fault(config.data_dir, error)) from error
    except ValueError as error:
        raise StartFailed(Fault("server.not_ready", {"reason": str(error)})) from error


def _unreachable(config: ServerConfig, reason: Fault) -> Fault:
    return FaultBecause("server.database_unreachable", {"path": _database_name(config)}, (reason,))


def _database_name(config: ServerConfig) -> str:
    """Which database, without its password."""
    return make_url(config.database_url).render_as_string() if config.database_url else str(config.database_path)


def _storage_fault(data_dir: Path, code: str) -> Fault:
    if code == "storage.full":
        return Fault("server.disk_full", {"path": str(data_dir)})
    return Fault("server.data_dir_unwritable", {"path": str(data_dir), "reason": code})
