"""Debian's nginx with `deploy/nginx/gshop-studio.conf`, in front of servers of a test, on a free port."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.nginx_rtmp import free_port
from tests.support.private_daemon import private_daemon, wait_for_daemon
from tests.support.redis_server import listens

CONFIG = Path(__file__).parents[2] / "deploy" / "nginx" / "gshop-studio.conf"


@dataclass(frozen=True)
class Balancer:
    url: str
    access_log: Path

    def servers_asked(self) -> list[tuple[str, str]]:
        """Path and the server that answered, of each request that has ended."""
        lines = self.access_log.read_text().splitlines() if self.access_log.exists() else []
        return [(line.split()[0], line.split()[-1]) for line in lines]


def nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, "nginx is not installed: make setup-test installs it"
    return found


def write_config(folder: Path, port: int, servers: Mapping[str, str]) -> Path:
    """The whole configuration of a test; `servers` by the names the sample has for them."""
    sample = CONFIG.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    for name, address in servers.items():
        assert f"server {name}:8080" in sample, name
        sample = sample.replace(f"server {name}:8080", f"server {address}")
    user = "user root;" if os.getuid() == 0 else ""
    config = folder / "nginx.conf"
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"""{user} daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
        error_log {folder}/nginx-error.log; events {{ worker_connections 1024; }}
        http {{ {temporary}
        log_format asked '$uri $status $upstream_addr'; access_log {folder}/nginx-access.log asked;
        {sample}
        }}"""
    )
    return config


@contextlib.contextmanager
def running_balancer(folder: Path, servers: Mapping[str, str]) -> Iterator[Balancer]:
    """nginx in front of `servers`; ended with the block."""
    port = free_port()
    config = write_config(folder, port, servers)
    log = folder / "nginx-start.log"
    with private_daemon([nginx(), "-e", str(log), "-p", str(folder), "-c", str(config)], log=log) as process:
        wait_for_daemon(process, lambda: listens(port), log, "nginx")
        yield Balancer(f"http://127.0.0.1:{port}", folder / "nginx-access.log")


def check_config(config: Path) -> str:
    """What nginx finds wrong with it; nothing where it is right."""
    command = [nginx(), "-t", "-q", "-e", "stderr", "-p", str(config.parent), "-c", str(config)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr if done.returncode else ""
