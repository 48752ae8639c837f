"""Metrics on a port of their own, for a Prometheus that needs no token there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gshop_studio.engine_protocol import Fault
from gshop_studio.server.listening import bind
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.start_failed import StartFailed


class MetricsPort:
    """Answers GET /metrics. Start and stop it on the server's own loop: the numbers are read there."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        self._metrics = metrics
        self._host = host
        self._port = port
        self._http: _Http | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    async def start(self) -> None:
        """Listen.

        Raises:
            StartFailed: the port is taken, or the host is not ours.
        """
        listener = bind(self._host, self._port)
        self._port = int(listener.getsockname()[1])
        self._http = _Http(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                loop="none",
                proxy_headers=False,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._serving = asyncio.create_task(self._http.serve([listener]), name="metrics")
        while not self._http.started:
            if self._serving.done():
                raise StartFailed(Fault("server.not_ready", {"reason": "metrics"}))
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        if self._http is not None and self._serving is not None:
            self._http.should_exit = True
            await self._serving

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/metrics" and scope["method"] in ("GET", "HEAD"):
            content, media_type = self._metrics.page(Headers(scope=scope).get("accept", ""))
            response = Response(content, media_type=media_type)
        else:
            response = Response(status_code=404)
        await response(scope, receive, send)


class _Http(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
