"""`gshop-studio engine`: the process the studio starts, finds again and steers. One a control directory.

It outlives its studio: on air it goes on for a while without one, idle it soon ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

import av
from filelock import FileLock, Timeout

from encoder.address_file import remove_address
from encoder.clock import MonotonicClock
from encoder.control import ControlServer
from encoder.engine import Engine, EngineHooks
from encoder.errors import reason_of
from encoder.preview import remove_stale_memory
from encoder.sources.device_watch import watch_devices
from encoder.sources.opener import SourceLists, SourceOpener
from encoder.sources.screen import list_screens
from gshop_studio import logs
from gshop_studio.engine_protocol import Device, Fault
from gshop_studio.fault_texts import tell
from gshop_studio.paths import make_private
from gshop_studio.texts import person_language

_log = logging.getLogger(__name__)

LOCK_FILE = "engine.lock"
EXIT_RUNNING_ALREADY = 3
_LOOK_INTERVAL_S = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--control-dir", type=Path, required=True, metavar="DIR")
    parser.add_argument("--idle-exit-s", type=float, default=30.0, metavar="S", help="end when idle without a studio")
    parser.add_argument("--abandoned-stop-s", type=float, default=600.0, metavar="S", help="on air without a studio")
    parser.add_argument("--burn-time-code", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """Serve one control directory until told to end."""
    logs.configure("engine")
    av.logging.restore_default_callback()
    av.logging.set_level(av.logging.PANIC)
    directory: Path = arguments.control_dir
    try:
        make_private(directory)
        lock = FileLock(directory / LOCK_FILE, timeout=0)
        lock.acquire()
    except Timeout:
        print("an engine is already running for this directory", file=sys.stderr)
        return EXIT_RUNNING_ALREADY
    except OSError as error:
        fault = Fault("engine.start_failed", {"reason": reason_of(error)})
        print(tell(fault, person_language()), file=sys.stderr)
        return 1
    try:
        remove_stale_memory(directory)
        asyncio.run(_serve(arguments))
        return 0
    finally:
        remove_address(directory)
        lock.release()


async def _serve(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    clock = MonotonicClock()
    control = ControlServer(arguments.control_dir)
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, control.shutdown_requested.set)
    hooks = EngineHooks(
        on_status=control.send_status, on_notice=control.send_notice, on_preview_fps=control.limit_preview
    )
    engine = Engine(clock, SourceOpener(clock), hooks, burns_time_code=arguments.burn_time_code)

    def on_devices(cameras: list[Device], microphones: list[Device]) -> None:
        """On the watch's thread."""
        devices = SourceLists(cameras, microphones, list_screens())
        with contextlib.suppress(RuntimeError):  # the event loop is closed: the process is ending
            loop.call_soon_threadsafe(control.send_devices, devices)

    devices = watch_devices(on_devices)
    devices.start()
    watch = asyncio.create_task(_watch(engine, control, arguments.idle_exit_s, arguments.abandoned_stop_s))
    try:
        await control.start(engine)
        await control.shutdown_requested.wait()
    finally:
        watch.cancel()
        devices.stop()
        await engine.close()
        await control.close()


async def _watch(engine: Engine, control: ControlServer, idle_exit_s: float, abandoned_stop_s: float) -> None:
    """Nobody is left: end the show after a while, and the process after the show."""
    loop = asyncio.get_running_loop()
    alone_since_s = loop.time()
    while True:
        await asyncio.sleep(_LOOK_INTERVAL_S)
        if control.has_studio:
            alone_since_s = loop.time()
        elif engine.is_busy and loop.time() - alone_since_s > abandoned_stop_s:
            _log.warning("no studio came back: the show ends")
            await engine.stop()
            await engine.stop_recording()
            alone_since_s = loop.time()
        elif not engine.is_busy and loop.time() - alone_since_s > idle_exit_s:
            control.shutdown_requested.set()
            return
