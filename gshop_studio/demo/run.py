"""`gshop-studio run`, which is `make run`: the window where there is a display, the demo where there is none."""

from __future__ import annotations

import argparse

from gshop_studio.display import can_show_windows
from gshop_studio.texts import catalogue, person_language


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: this is the main job on the defaults."""


def run(arguments: argparse.Namespace) -> int:
    """Open the window, or say that there is no display and play the demo."""
    if can_show_windows():
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
