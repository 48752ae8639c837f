"""A real companion server for a test: `gshop-studio serve` on free ports, with the sample shop."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import our_process


@dataclass(frozen=True)
class RunningServer:
    process: subprocess.Popen[bytes]
    data_dir: Path
    http: str
    rtmp: str

    def account(self, role: str) -> tuple[str, str]:
        """E-mail and password of the sample shop's account of a role."""
        accounts = json.loads((self.data_dir / "sample-accounts.json").read_text())
        found = next(account for account in accounts if account["role"] == role)
        return found["email"], found["password"]


@contextlib.contextmanager
def running_server(
    data_dir: Path,
    *,
    port: int = 0,
    rtmp_port: int = 0,
    extra_env: Mapping[str, str] | None = None,
    module: str = "gshop_studio",
) -> Iterator[RunningServer]:
    """The server, ready; ended with the block. `module` as for `our_process`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    arguments = [
        "serve",
        "--data-dir",
        str(data_dir),
        "--port",
        str(port),
        "--rtmp-port",
        str(rtmp_port),
        "--sample-shop",
    ]
    log = data_dir.parent / f"{data_dir.name}.log"
    home = data_dir.parent / "home"
    with our_process(arguments, home=home, log=log, extra_env=extra_env, module=module) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        words = line.split()
        if words[:1] != ["ready"]:
            raise AssertionError(f"the server did not get ready: {line!r}\n{log.read_text()[-4000:]}")
        values = dict(word.split("=", 1) for word in words[1:])
        yield RunningServer(process, data_dir, values["http"], values["rtmp"])
