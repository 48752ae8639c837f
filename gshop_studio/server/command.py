"""`gshop-studio serve`: starts the server, says so in one line on stdout, and stops it on SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from gshop_studio import __version__, logs
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import tell
from gshop_studio.server.app import Server
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.instance import Instance
from gshop_studio.server.media.absent import AbsentMedia
from gshop_studio.server.media.ports import MediaBackend, PublishAuthority
from gshop_studio.server.operation import fault_reports, garbage, log_format
from gshop_studio.server.operation.metrics_port import MetricsPort
from gshop_studio.server.refusals import Refused
from gshop_studio.server.running import RunningServer
from gshop_studio.server.sample_shop import create_sample_shop
from gshop_studio.server.settings import load_settings
from gshop_studio.server.settings_listing import listing
from gshop_studio.server.start_failed import StartFailed
from gshop_studio.texts import person_language

log = logging.getLogger(__name__)
_OPTIONS = ("data_dir", "role", "host", "port", "rtmp_port")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options; what is not given comes from GSHOP_* in the environment, else a file, else the defaults."""
    parser.add_argument("--data-dir", type=Path, help="where everything is kept")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); else DATA_DIR/server.toml")
    parser.add_argument("--role", choices=["all", "api"], help="api: another server has the media (all)")
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the HTTP port (8080; 0 picks a free one)")
    parser.add_argument("--rtmp-port", type=int, help="the ingest's port (1935; 0 picks a free one)")
    parser.add_argument("--sample-shop", action="store_true", help="create a shop to try things with, once")
    parser.add_argument("--print-config", action="store_true", help="show the settings and their sources, and end")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    logs.configure("server")
    given = {name: getattr(arguments, name) for name in _OPTIONS if getattr(arguments, name) is not None}
    try:
        settings = load_settings(given, arguments.config)
        if arguments.print_config:
            sys.stdout.write(listing(settings))
            return 0
        config = settings.config
        log_format.configure(config.log_format, config.log_level)
        for warning in settings.warnings:
            log.warning("%s", warning)
        instance = Instance(config.data_dir)
        instance.claim()
        try:
            with fault_reports.reporting(config, __version__):
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
        loop.add_signal_handler(number, _stop, number, told_to_stop)
    running = RunningServer(config, lambda authority: _media(authority, config))
    server = await running.start()
    stopping = asyncio.create_task(told_to_stop.wait(), name="signal")
    async with AsyncExitStack() as at_the_end:
        at_the_end.push_async_callback(running.stop)
        at_the_end.callback(stopping.cancel)
        if config.metrics_port is not None:
            metrics = MetricsPort(server.operation.metrics, config.metrics_host, config.metrics_port)
            await metrics.start()
            at_the_end.push_async_callback(metrics.stop)
            log.info("metrics on %s port %d", config.metrics_host, metrics.port)
        if has_sample_shop:
            await _make_shop(server, config)
        instance.announce(server.urls.http, server.urls.rtmp, server.services.local_token)
        garbage.leave_alone_what_is_there()
        print(f"ready http={server.urls.http} rtmp={server.urls.rtmp}", flush=True)
        await asyncio.wait({stopping, serving := asyncio.ensure_future(running.wait())}, return_when="FIRST_COMPLETED")
        if serving.done() and not told_to_stop.is_set():
            raise StartFailed(Fault("server.not_ready", {"reason": "http"}))
    log.info("stopped")


def _stop(number: int, told_to_stop: asyncio.Event) -> None:
    """The first signal lets everything end well, the second ends it as it is: what was acknowledged is on disk."""
    if told_to_stop.is_set():
        log.warning("told to stop again: stopped at once")
        os._exit(128 + number)
    told_to_stop.set()


async def _make_shop(server: Server, config: ServerConfig) -> None:
    try:
        await create_sample_shop(server, config.data_dir)
    except Refused as refusal:
        code = "server.disk_full" if refusal.code == "storage.full" else "server.data_dir_unwritable"
        raise StartFailed(Fault(code, {"path": str(config.data_dir), "reason": refusal.code})) from refusal


def _media(authority: PublishAuthority, config: ServerConfig) -> MediaBackend:
    if config.role == "api":
        return AbsentMedia()
    from gshop_studio.server.media.embedded import EmbeddedMedia

    return EmbeddedMedia(authority, host=config.host, rtmp_port=config.rtmp_port, state_dir=config.data_dir / "media")
