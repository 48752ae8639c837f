"""`engine.json`: where the engine listens and the token that lets one in. Readable by its owner alone."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path

from gshop_studio.engine_protocol import ADDRESS_FILE


def write_address(control_dir: Path, port: int, token: str) -> None:
    """Write it in one step: a reader sees the whole file or none."""
    temporary = control_dir / f".{ADDRESS_FILE}.{secrets.token_hex(4)}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "port": port, "token": token}, file)
    temporary.replace(control_dir / ADDRESS_FILE)


def remove_address(control_dir: Path) -> None:
    """The engine is gone."""
    with contextlib.suppress(FileNotFoundError):
        (control_dir / ADDRESS_FILE).unlink()
