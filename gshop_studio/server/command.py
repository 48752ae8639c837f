"""`gshop-studio serve`: starts the server, says so in one line on stdout, and stops it on SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

import uvloop
from pydantic import ValidationError

from gshop_studio import logs
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import tell
from gshop_studio.server.app import Server
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.instance import Instance
from gshop_studio.server.media.ports import MediaBackend, PublishAuthority
from gshop_studio.server.refusals import Refused
from gshop_studio.server.running import RunningServer
from gshop_studio.server.sample_shop import create_sample_shop
from gshop_studio.server.start_failed import StartFailed
from gshop_studio.texts import person_language

log = logging.getLogger(__name__)
_OPTIONS = ("data_dir", "host", "port", "rtmp_port")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options; what is not given comes from GSHOP_* in the environment, else from the defaults."""
    parser.add_argument("--data-dir", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the HTTP port (8080; 0 picks a free one)")
    parser.add_argument("--rtmp-port", type=int, help="the ingest's port (1935; 0 picks a free one)")
    parser.add_argument("--sample-shop", action="store_true", help="create a shop to try things with, once")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    logs.configure("server")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_no_cancellation)
    given = {name: getattr(arguments, name) for name in _OPTIONS if getattr(arguments, name) is not None}
    try:
        try:
            config = ServerConfig(**given)
        except ValidationError as error:
            raise StartFailed(Fault("server.not_ready", {"reason": _wrong_settings(error)})) from error
        instance = Instance(config.data_dir)
        instance.claim()
        try:
            uvloop.run(_serve(config, instance, has_sample_shop=arguments.sample_shop))
        finally:
            instance.release()
    except StartFailed as failure:
        print(tell(failure.fault, person_language()), file=sys.stderr)
        return 1
    return 0


async def _serve(config: ServerConfig, instance: Instance, *, has_sample_shop: bool) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    running = RunningServer(config, lambda authority: _embedded_media(authority, config))
    server = await running.start()
    stopping = asyncio.create_task(told_to_stop.wait(), name="signal")
    try:
        if has_sample_shop:
            await _make_shop(server, config)
        instance.announce(server.urls.http, server.urls.rtmp, server.services.local_token)
        print(f"ready http={server.urls.http} rtmp={server.urls.rtmp}", flush=True)
        await asyncio.wait({stopping, serving := asyncio.ensure_future(running.wait())}, return_when="FIRST_COMPLETED")
        if serving.done() and not told_to_stop.is_set():
            raise StartFailed(Fault("server.not_ready", {"reason": "http"}))
    finally:
        stopping.cancel()
        await running.stop()
    log.info("stopped")


async def _make_shop(server: Server, config: ServerConfig) -> None:
    try:
        await create_sample_shop(server, config.data_dir)
    except Refused as refusal:
        code = "server.disk_full" if refusal.code == "storage.full" else "server.data_dir_unwritable"
        raise StartFailed(Fault(code, {"path": str(config.data_dir), "reason": refusal.code})) from refusal


def _embedded_media(authority: PublishAuthority, config: ServerConfig) -> MediaBackend:
    from gshop_studio.server.media.embedded import EmbeddedMedia

    return EmbeddedMedia(authority, host=config.host, rtmp_port=config.rtmp_port, state_dir=config.data_dir / "media")


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Requests given up when the server stops are no faults to log."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _wrong_settings(error: ValidationError) -> str:
    """Which settings are wrong, without their values."""
    wrong = (f"GSHOP_{'_'.join(map(str, item['loc'][:1])).upper()}: {item['msg']}" for item in error.errors())
    return "; ".join(wrong)
