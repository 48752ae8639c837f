"""Debian's nginx with its RTMP module, as an ingest for tests: on a free port, in a folder of the test's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import wait_until

_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")


@dataclass(frozen=True)
class NginxRtmp:
    process: subprocess.Popen[bytes]
    port: int
    url: str
    folder: Path
    """With `record`, what is published lies here as KEY.flv; with `hls`, as KEY.m3u8."""

    def freeze(self) -> None:
        """Its processes stop where they stand, their sockets stay open."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_nginx_rtmp(
    folder: Path, *, port: int | None = None, record: bool = False, hls: bool = False
) -> Iterator[NginxRtmp]:
    """nginx-rtmp with one application, `live`; ended with the block."""
    port = port or free_port()
    media = folder / "nginx-media"
    media.mkdir(exist_ok=True)
    application = ["live on;"]
    if record:
        application.append(f"record all; record_path {media};")
    if hls:
        application.append(f"hls on; hls_path {media}; hls_fragment 1s; hls_playlist_length 10s;")
    user = "user root;" if os.getuid() == 0 else ""
    config = folder / "nginx-rtmp.conf"
    config.write_text(
        f"""{user} load_module {_MODULE}; daemon off; master_process off; worker_processes 1;
        pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
        events {{ worker_connections 64; }}
        rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ {" ".join(application)} }} }} }}"""
    )
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert nginx, "nginx is not installed: make setup-test installs it"
    process = subprocess.Popen(
        [nginx, "-e", str(folder / "nginx-start.log"), "-p", str(folder), "-c", str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: _listens(port), what="nginx to listen")
        yield NginxRtmp(process, port, f"rtmp://127.0.0.1:{port}/live", media)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
