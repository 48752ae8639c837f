"""The stream key of a command line: from the environment or a prompt, never an argument that others could read."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys

from encoder.errors import EngineError
from gshop_studio.engine_protocol import Fault

KEY_VARIABLE = "GSHOP_STREAM_KEY"


def read_stream_key() -> str:
    """The key.

    Raises:
        EngineError: `key.missing`.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key and sys.stdin is not None and sys.stdin.isatty():
        with contextlib.suppress(EOFError):
            key = getpass.getpass("Stream key: ").strip()
    if not key:
        raise EngineError(Fault("key.missing"))
    return key
