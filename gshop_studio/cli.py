"""The command line: which command runs what. Each command's code is imported only when it is the one that runs."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType

from gshop_studio import __version__

_COMMANDS: dict[str, tuple[str, str | None]] = {
    # name: (module with add_arguments(parser) and run(arguments) -> exit status, help or None when internal)
    "studio": ("gshop_studio.app", "open the studio's window (what no command does, too)"),
    "run": ("gshop_studio.demo.run", "the studio's window, or the demo where there is no display"),
    "demo": ("gshop_studio.demo.command", "play a whole show without a window and measure it"),
    "serve": ("gshop_studio.server.command", "run the companion server"),
    "backup": ("gshop_studio.server.operation.backup_command", "put the companion server's data into one archive"),
    "restore": ("gshop_studio.server.operation.restore_command", "put such an archive into a data directory"),
    "set-role": ("gshop_studio.server.accounts.role_command", "make somebody support, admin or what else there is"),
    "check-chat-log": ("gshop_studio.server.moderation.check_command", "say whether a chat log is the one signed"),
    "broadcast": ("encoder.command", "put a camera, a file or the test card on air without a window"),
    "doctor": ("encoder.doctor.command", "look at devices, encoders, upload and disk before a show"),
    "engine": ("encoder.engine_command", "the studio's engine alone, for programs that speak to its local socket"),
    "probe-encoders": ("encoder.encoders.probe", None),  # the packaged engine's child, which a driver may crash
    "play": ("encoder.play_command", None),  # the demo's viewer
}


def run(argv: Sequence[str]) -> int:
    """Run one command; the exit status is 0 only when it did what was asked."""
    argv = list(argv) or ["studio"]
    parser = argparse.ArgumentParser(prog="gshop-studio", description="Broadcast and sell live.")
    parser.add_argument("--version", action="version", version=f"gshop-studio {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    run_command: Callable[[argparse.Namespace], int] | None = None
    for name, (module_name, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text) if text else commands.add_parser(name)
        if name == argv[0]:
            module = _imported(module_name)
            module.add_arguments(command)
            run_command = module.run
    arguments = parser.parse_args(argv)
    assert run_command is not None, "argparse refuses commands that are not in the table"
    return run_command(arguments)


def _imported(name: str) -> ModuleType:
    """Imported without the garbage collector, which finds nothing there and takes a fifth of the time; nor does it look
    at what was imported ever again."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
