"""Faults reported to Sentry: only where it is wished for, and without anything of a person (case 44)."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.operation import fault_reports, request_ids


def _unpacked(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip":
            return gzip.decompress(body)
        case "br":  # what the library prefers where it finds the means
            unpacked = import_module("brotli").decompress(body)
            assert isinstance(unpacked, bytes)
            return unpacked
        case _:
            return body


class Sentry:
    """A place for reports, on this machine."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(_unpacked(body, self.headers.get("Content-Encoding", "")))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.dsn = f"http://publickey@127.0.0.1:{self._server.server_port}/7"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was reported, out of the envelopes."""
        lines = [line for body in self.received for line in body.splitlines() if line.startswith(b"{")]
        return [event for line in lines if "logger" in (event := json.loads(line)) or "exception" in event]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    running = Sentry()
    yield running
    running.close()


def test_a_fault_is_reported_and_scrubbed(tmp_path: Path, sentry: Sentry) -> None:
    config = ServerConfig(data_dir=tmp_path, sentry_dsn=SecretStr(sentry.dsn), sentry_environment="test")
    log = logging.getLogger("gshop_studio.something")
    with fault_reports.reporting(config, "9.9"):
        with request_ids.fresh() as request_id:
            stream_key = "sk_CANARYcanaryCANARYcanary"
            try:
                raise RuntimeError(f"ann.CANARY@example.com came with {stream_key} to /a?token=CANARY")
            except RuntimeError:
                log.exception("failed for %s", stream_key)
        log.warning("a warning is none")
    (event,) = sentry.events
    text = json.dumps(sentry.received, default=bytes.decode)
    assert "CANARY" not in text, text
    assert event["release"] == "gshop-studio@9.9" and event["environment"] == "test"
    assert event["tags"]["request_id"] == request_id
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert not {"user", "request", "server_name"} & event.keys() and not event["breadcrumbs"]["values"]
    assert "vars" not in text, "no local variables"


def test_without_an_address_the_library_is_not_even_loaded(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom gshop_studio.server.config import ServerConfig\n"
        "from gshop_studio.server.operation import fault_reports\nimport gshop_studio.server.command\n"
        f"with fault_reports.reporting(ServerConfig(data_dir=Path({str(tmp_path)!r})), '1'):\n    pass\n"
        "sys.exit('sentry_sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_scrubbing_goes_into_the_depths() -> None:
    event = {"extra": {"a": [{"password": "CANARY", "n": 1}], "refreshToken": ["CANARY"]}, "user": {"id": "CANARY"}}
    scrubbed = {"a": [{"password": "[redacted]", "n": 1}], "refreshToken": ["[redacted]"]}
    assert fault_reports.scrub(event) == {"extra": scrubbed}
