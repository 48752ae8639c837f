"""Two servers of one shop, as real processes behind a real nginx: one with the media, one without."""

from __future__ import annotations

import base64
import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.nginx_balancer import Balancer, running_balancer
from tests.support.nginx_rtmp import free_port
from tests.support.processes import our_process

RTMP_PORT = ("--rtmp-port", "0")
LENIENT = {
    "GSHOP_RATE_LIMIT": "100000/minute",
    "GSHOP_AUTH_RATE_LIMIT": "1000/minute",
    "GSHOP_GUEST_RATE_LIMIT": "1000/minute",
    "GSHOP_CHAT_RATE_LIMIT": "1000/10 seconds",
    "GSHOP_EVENT_RATE_LIMIT": "1000/10 seconds",
}


@dataclass(frozen=True)
class ServerProcess:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class ServerPair:
    media: ServerProcess
    api: ServerProcess
    balancer: Balancer

    @property
    def both(self) -> tuple[ServerProcess, ServerProcess]:
        return self.media, self.api


@contextlib.contextmanager
def running_pair(
    folder: Path, database_url: str, redis_url: str, settings: Mapping[str, str] | None = None
) -> Iterator[ServerPair]:
    """Both ready, nginx in front; ended with the block. They start at once, on an empty database too."""
    ports = {"all": free_port(), "api": free_port()}
    environment = {
        "GSHOP_DATABASE_URL": database_url,
        "GSHOP_REDIS_URL": redis_url,
        "GSHOP_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
        "GSHOP_PUBLIC_URL": f"http://127.0.0.1:{ports['all']}",
        "GSHOP_PUBLIC_RTMP_URL": "rtmp://127.0.0.1:1935/live",
        "GSHOP_IMAGES_DIR": str(folder / "images"),
        "GSHOP_TRUSTED_PROXIES": "127.0.0.1",
        **LENIENT,
        **(settings or {}),
    }
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                our_process(
                    ["serve", "--data-dir", str(folder / role), "--role", role, "--port", str(port), *RTMP_PORT],
                    home=folder / "home",
                    log=folder / f"{role}.log",
                    extra_env=environment,
                )
            )
            for role, port in ports.items()
        ]
        media, api = (
            _ready(process, folder / f"{role}.log", port)
            for process, (role, port) in zip(processes, ports.items(), strict=True)
        )
        servers = {"api-1": media.address, "api-2": api.address, "media": media.address}
        yield ServerPair(media, api, stack.enter_context(running_balancer(folder, servers)))


def _ready(process: subprocess.Popen[bytes], log: Path, port: int) -> ServerProcess:
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.split()[:1] == ["ready"], f"the server did not get ready: {line!r}\n{log.read_text()[-4000:]}"
    return ServerProcess(process, f"http://127.0.0.1:{port}", log)
