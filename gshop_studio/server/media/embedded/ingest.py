"""The RTMP server: listens, counts connections, runs a `Publisher` for each."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from gshop_studio.server.media.embedded.publisher import IngestContext, Publisher

_log = logging.getLogger(__name__)
_SHUTDOWN = ("NetConnection.Connect.Closed", "The server is shutting down.")


class IngestServer:
    """Accepts publishers on one port, so many at once, so many an address."""

    def __init__(self, host: str, port: int, context: IngestContext) -> None:
        self._host = host
        self._port = port
        self._context = context
        self._server: asyncio.Server | None = None
        self._publishers: dict[asyncio.Task[None], Publisher] = {}
        self._addresses: Counter[str] = Counter()

    @property
    def port(self) -> int:
        """The port listened on; the one asked for before the start."""
        if self._server is not None and self._server.sockets:
            return int(self._server.sockets[0].getsockname()[1])
        return self._port

    @property
    def is_listening(self) -> bool:
        return self._server is not None and self._server.is_serving()

    @property
    def publisher_count(self) -> int:
        return len(self._publishers)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or the host is not an address of this machine.
        """
        self._server = await asyncio.start_server(self._accept, self._host, self._port)

    async def close(self) -> None:
        """Stop listening and send everybody away; within a few seconds whatever they do."""
        if self._server is None:
            return
        self._server.close()
        for publisher in self._publishers.values():
            publisher.dismiss(*_SHUTDOWN)
        if self._publishers:
            _, slow = await asyncio.wait(self._publishers, timeout=2 * self._context.limits.times.linger_s)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("unknown",))[0])
        limits = self._context.limits
        is_crowd = self._addresses[address] >= limits.max_connections_per_address
        if is_crowd or len(self._publishers) >= limits.max_connections:
            _log.warning("Too many connections: one from %s is closed", address)
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task of its own"
        publisher = self._publishers[task] = Publisher(reader, writer, address, self._context)
        self._addresses[address] += 1
        try:
            await publisher.run()
        finally:
            del self._publishers[task]
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
