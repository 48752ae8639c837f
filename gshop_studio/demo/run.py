"""`gshop-studio run`, which is `make run`: the window where there is a display, the demo where there is none."""

from __future__ import annotations

import argparse
import os
import sys

from gshop_studio.texts import catalogue, person_language


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: this is the main job on the defaults."""


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def run(arguments: argparse.Namespace) -> int:
    """Open the window, or say that there is no display and play the demo."""
    if has_display():
        from gshop_studio import app

        parser = argparse.ArgumentParser()
        app.add_arguments(parser)
        return app.run(parser.parse_args([]))
    from gshop_studio.demo import command

    gettext = catalogue("shared", person_language()).gettext
    print(gettext("There is no display here, so the same show is played without a window."), flush=True)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([]))
