"""The engine's process in tests and benchmarks, and the plainest client for its socket."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gshop_studio.engine_protocol import ADDRESS_FILE, PROTOCOL_VERSION
from tests.support.processes import our_process, wait_until


@contextlib.contextmanager
def running_engine(
    folder: Path, *arguments: str, extra_env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    control_dir = folder / "control"
    command = ["engine", "--control-dir", str(control_dir), *arguments]
    with our_process(command, home=folder, log=folder / "engine.log", extra_env=extra_env, cwd=cwd) as process:
        wait_until(lambda: (control_dir / ADDRESS_FILE).exists() or process.poll() is not None, what="the engine")
        yield process


def address(folder: Path) -> dict[str, Any]:
    """What the address file in a control directory says."""
    return dict(json.loads((folder / "control" / ADDRESS_FILE).read_text()))


class Studio:
    """The plainest client: a socket and lines."""

    def __init__(self, folder: Path, token: str | None = None, control_dir: Path | None = None) -> None:
        where = dict(json.loads((control_dir / ADDRESS_FILE).read_text())) if control_dir else address(folder)
        self.pid = int(where["pid"])
        self.socket = socket.create_connection(("127.0.0.1", where["port"]), timeout=10)
        self.lines = self.socket.makefile("rb")
        self.number = 0
        self.events: list[dict[str, Any]] = []
        self.send({"hello": token or where["token"], "protocol": PROTOCOL_VERSION})

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def hang_up(self) -> None:
        """End the connection; whoever reads is told."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def send(self, message: Any) -> None:
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the engine hung up."""
        try:
            line = self.lines.readline()
        except ConnectionError:
            return None
        return dict(json.loads(line)) if line else None

    def ask(self, command: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        self.send({"id": self.number, "command": command, "params": params})
        return self.reply(self.number)

    def reply(self, number: Any) -> dict[str, Any]:
        while (message := self.receive()) is not None:
            if message.get("reply_to") == number and "event" not in message:
                return message
            self.events.append(message)
        raise AssertionError("the engine hung up")

    def event(self, name: str) -> dict[str, Any]:
        while (message := self.receive()) is not None:
            if message.get("event") == name:
                return dict(message["data"])
        raise AssertionError("the engine hung up")
