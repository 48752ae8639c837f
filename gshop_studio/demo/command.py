"""`gshop-studio demo`: plays the show in a temporary directory and prints what was measured."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path

from gshop_studio import logs
from gshop_studio.demo.processes import DemoFailed
from gshop_studio.demo.show import DemoShow, ShowOptions
from gshop_studio.domain.quality import DEFAULT_QUALITY, Quality

MIN_SECONDS = 3.0
MAX_SECONDS = 3600.0


def _seconds(text: str) -> float:
    value = float(text)
    if not MIN_SECONDS <= value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is not between {MIN_SECONDS:.0f} and {MAX_SECONDS:.0f}")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--seconds", type=_seconds, default=20.0, help="how long the show is watched (default: 20)")
    parser.add_argument(
        "--quality", type=Quality, choices=list(Quality), default=DEFAULT_QUALITY, help="default: %(default)s"
    )


def run(arguments: argparse.Namespace) -> int:
    """Play the show; 0 only if every step of it happened as it should."""
    logs.configure("demo", logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="gshop-demo-", ignore_cleanup_errors=True) as directory:
        options = ShowOptions(seconds=arguments.seconds, quality=arguments.quality)
        show = DemoShow(Path(directory), options, lambda text: print(f"- {text}", flush=True))
        try:
            asyncio.run(_play_until_told(show))
        except DemoFailed as failure:
            show.measured.add("failed", failure, is_good=False)
        except (asyncio.CancelledError, KeyboardInterrupt):
            print("stopped", file=sys.stderr)
            return 130
    print(f"\n{show.measured.table()}\n", flush=True)
    print("The show went well." if show.measured.is_good else "The show did not go well.", flush=True)
    return 0 if show.measured.is_good else 1


async def _play_until_told(show: DemoShow) -> None:
    """SIGTERM cancels the show as Ctrl-C does, so that its processes are ended."""
    task = asyncio.current_task()
    assert task is not None
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await show.play()
