"""A small TCP proxy with the faults of a network: cut, freeze, shape, delay. In threads of its own.

Its buffers are small, so that what it does not forward shows at the sender soon.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

_BUFFER_BYTES = 8 * 1024
_READ_BYTES = 16 * 1024
_POLL_S = 0.1
_RESET = struct.pack("ii", 1, 0)


class TcpProxy:
    """Forwards to a port of this machine. Its switches may be thrown at any time, from any thread.

    Attributes:
        up_bytes_per_s: How much it forwards from the client to the server; None for as much as comes.
        delay_s: How long each piece is held back, in both directions.
        connections: How many it has accepted.
    """

    def __init__(self, upstream_port: int) -> None:
        self.up_bytes_per_s: float | None = None
        self.delay_s = 0.0
        self.connections = 0
        self._upstream_port = upstream_port
        self._flows = threading.Event()
        self._flows.set()
        self._is_closed = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self._listen()

    def freeze(self) -> None:
        """Forward nothing; connections stay open, and new ones are let in by the system and wait."""
        self._flows.clear()

    def thaw(self) -> None:
        """Go on where `freeze` stopped."""
        self._flows.set()

    def cut(self) -> None:
        """Reset every connection and let no new one in."""
        self._stop_listening()
        self.reset()

    def go_dark(self) -> None:
        """Let no new connection in, forward nothing more on those there are, and do not tell them."""
        self._stop_listening()
        self._flows.clear()

    def restore(self) -> None:
        """After `cut` or `go_dark`: let connections in again. Those that were dark are reset."""
        self.reset()
        self._flows.set()
        self._listen()

    def reset(self) -> None:
        """Reset every connection."""
        with self._lock:
            doomed, self._open = self._open, set()
        for connection in doomed:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._is_closed = True
        self._stop_listening()
        self.reset()
        self._flows.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)  # those accepted inherit it
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        listener.settimeout(_POLL_S)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        self._start(self._accept, listener)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _start(self, target: object, *args: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            self._flows.wait()
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream_port), timeout=5)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            self._start(self._pump, client, server, True)
            self._start(self._pump, server, client, False)

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        source.settimeout(_POLL_S)
        with contextlib.suppress(OSError):
            while data := self._read(source, is_up):
                if self.delay_s:
                    time.sleep(self.delay_s)
                self._flows.wait()
                sink.settimeout(5)
                sink.sendall(data)
                sink.settimeout(_POLL_S)
                if is_up and self.up_bytes_per_s:
                    time.sleep(len(data) / self.up_bytes_per_s)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()

    def _read(self, source: socket.socket, is_up: bool) -> bytes:
        rate = self.up_bytes_per_s if is_up else None
        count = _READ_BYTES if rate is None else max(256, min(_READ_BYTES, int(rate / 50)))
        while not self._is_closed:
            self._flows.wait()
            try:
                return source.recv(count)
            except TimeoutError:
                continue
        return b""


@contextlib.contextmanager
def running_tcp_proxy(upstream_port: int) -> Iterator[TcpProxy]:
    """In front of a port of this machine; closed with the block."""
    proxy = TcpProxy(upstream_port)
    try:
        yield proxy
    finally:
        proxy.close()
