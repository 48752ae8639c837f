"""Network cameras for tests: real servers on this machine, with the manners of phones' and of RTSP cameras."""

from __future__ import annotations

import contextlib
import io
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from encoder.picture import PictureSize

SIZE = PictureSize(640, 360)
_BOUNDARY = "frame"
_PERIOD_S = 1 / 30


def jpeg(size: PictureSize, level: int) -> bytes:
    """A grey picture; its brightness tells it from others."""
    buffer = io.BytesIO()
    Image.new("RGB", (size.width, size.height), (level, level, level)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


class TcpServer:
    """Accepts in a thread, serves each connection in another; `close` ends all of them at once."""

    def __init__(self, serve: Callable[[socket.socket], None], port: int = 0) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self.accepted = 0
        self.is_closed = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    def close(self) -> None:
        self.is_closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)
        self._connections.remove(connection)


@dataclass
class MjpegCamera:
    """What a phone's camera app serves: one JPEG after the other in an endless answer."""

    size: PictureSize = SIZE
    level: int = 120
    is_frozen: bool = False
    """Connected, and silent."""
    credentials: str = ""
    """What the Authorization header must hold, in base 64."""
    requests: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def serving(self, port: int = 0) -> Iterator[TcpServer]:
        server = TcpServer(self._serve, port)
        try:
            yield server
        finally:
            server.close()

    def _serve(self, connection: socket.socket) -> None:
        request = read_head(connection)
        self.requests.append(request)
        if "/video" not in request:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if self.credentials and f"Basic {self.credentials}" not in request:
            refusal = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"\r\n'
            connection.sendall(f"{refusal}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            return
        connection.sendall(
            f"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary={_BOUNDARY}\r\n\r\n".encode()
        )
        while True:
            if self.is_frozen:
                if select.select([connection], [], [], _PERIOD_S)[0]:
                    return  # the other end, or the test, has hung up
                continue
            picture = jpeg(self.size, self.level)
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            connection.sendall(head.encode() + picture + b"\r\n")
            time.sleep(_PERIOD_S)


class RtspCamera:
    """As much of an RTSP 1.0 server (RFC 2326) as a camera needs: H.264 in RTP (RFC 6184), interleaved in TCP."""

    def __init__(self, size: PictureSize = SIZE, level: int = 120) -> None:
        self._size = size
        self._level = level
        self.methods: list[str] = []

    @contextlib.contextmanager
    def serving(self) -> Iterator[TcpServer]:
        server = TcpServer(self._serve)
        try:
            yield server
        finally:
            server.close()

    def _serve(self, connection: socket.socket) -> None:
        while True:
            request = read_head(connection)
            method, url = request.split()[:2]
            sequence = next(line for line in request.splitlines() if line.lower().startswith("cseq"))
            self.methods.append(method)
            head, body = "", ""
            if method == "OPTIONS":
                head = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            elif method == "DESCRIBE":
                body = (
                    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
                    f"a=control:{url}/track1\r\n"
                )
                head = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
            elif method == "SETUP":
                head = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 4711\r\n"
            elif method == "PLAY":
                head = "Session: 4711\r\n"
            connection.sendall(f"RTSP/1.0 200 OK\r\n{sequence}\r\n{head}\r\n{body}".encode())
            if method == "PLAY":
                self._send_pictures(connection)
            if method == "TEARDOWN":
                return

    def _send_pictures(self, connection: socket.socket) -> None:
        """libav's own RTP packets, taken off a UDP socket and put into the connection."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taps:
            taps.bind(("127.0.0.1", 0))
            taps.setblocking(False)
            with av.open(f"rtp://127.0.0.1:{taps.getsockname()[1]}?pkt_size=1200", "w", format="rtp") as output:
                options = {"preset": "ultrafast", "tune": "zerolatency", "g": "15"}
                stream = output.add_stream("libx264", rate=30, options=options)
                stream.width, stream.height, stream.pix_fmt = self._size.width, self._size.height, "yuv420p"
                image = np.full((self._size.height, self._size.width, 3), self._level, np.uint8)
                for index in range(30 * 60):
                    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                    frame.pts, frame.time_base = index, Fraction(1, 30)
                    output.mux(stream.encode(frame))
                    while True:
                        try:
                            packet = taps.recv(2048)
                        except BlockingIOError:
                            break
                        connection.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                    time.sleep(_PERIOD_S)


def read_head(connection: socket.socket) -> str:
    """A request up to its empty line.

    Raises:
        ConnectionError: the other end hung up.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError
        head += byte
    return head.decode()


def listen_for_ever(connection: socket.socket) -> None:
    """Takes everything, answers nothing."""
    while connection.recv(4096):
        pass
