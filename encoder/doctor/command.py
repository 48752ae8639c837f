"""`gshop-studio doctor`: what a show needs, looked at before it begins; each with what to do if it is bad."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import shutil
import sys
from pathlib import Path

import av

from encoder.clock import MonotonicClock
from encoder.doctor.doctor import run_doctor
from encoder.doctor.instruments import real_instruments
from encoder.doctor.table import table
from encoder.errors import EngineError
from encoder.sources.opener import SourceOpener
from encoder.stream_key import KEY_VARIABLE, read_stream_key
from gshop_studio import logs, paths
from gshop_studio.doctor_texts import check_name
from gshop_studio.domain.doctor_report import CheckResult, DoctorReport
from gshop_studio.fault_texts import tell
from gshop_studio.texts import person_language

EXIT_GOOD = 0
EXIT_BAD = 1
EXIT_USAGE = 2
_INTERRUPTED = 130

_EPILOG = f"""\
The stream key is taken from the environment ({KEY_VARIABLE}) or asked for; it is never an argument.
With --to it publishes the test card for 5 s, which whoever watches that key will see.
The exit status is 0 when nothing is bad, 1 otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--to", metavar="URL", help="rtmp(s)://host/app, without the key: tries the upload")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--record-folder", type=Path, metavar="DIR", help="where recordings shall go")
    parser.add_argument("--camera", metavar="ID", help="this camera (default: the first)")
    parser.add_argument("--microphone", metavar="ID", help="this microphone (default: the system's)")


def run(arguments: argparse.Namespace) -> int:
    """Look, and tell."""
    logs.configure("doctor", logging.ERROR)
    av.logging.restore_default_callback()
    av.logging.set_level(av.logging.PANIC)
    language = person_language()
    try:
        key = read_stream_key() if arguments.to else ""
    except EngineError as error:
        print(f"gshop-studio: {tell(error.fault, language)}", file=sys.stderr)
        return EXIT_USAGE
    try:
        report = asyncio.run(_look(arguments, key, language))
    except KeyboardInterrupt:
        return _INTERRUPTED
    with contextlib.suppress(BrokenPipeError):
        if arguments.json:
            print(json.dumps(report.to_wire(), ensure_ascii=False, indent=2))
        else:
            print("\n".join(table(report, language, shutil.get_terminal_size((100, 24)).columns)))
    return EXIT_BAD if report.has_bad else EXIT_GOOD


async def _look(arguments: argparse.Namespace, key: str, language: str) -> DoctorReport:
    clock = MonotonicClock()
    shows_progress = sys.stderr is not None and sys.stderr.isatty()

    def progress(result: CheckResult) -> None:
        if shows_progress:
            print(f"… {check_name(result.check, language)}", file=sys.stderr)

    return await run_doctor(
        clock=clock,
        opener=SourceOpener(clock),
        instruments=real_instruments(),
        record_folder=arguments.record_folder or paths.recordings_dir(),
        url=arguments.to,
        key=key,
        camera=arguments.camera,
        microphone=arguments.microphone,
        on_progress=progress,
    )
