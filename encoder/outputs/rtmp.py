"""Publishing to an RTMP or RTMPS ingest: one connection after another, each from TCP to the goodbye.

`publish` blocks while a connection lasts and raises when it ends against our will; whoever owns the output decides
about another attempt. Lives on the event loop's thread; nothing in it can block the encoders.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Callable

from encoder.outputs.dialer import Dialer
from encoder.outputs.liveness import LiveState
from encoder.outputs.media_stamps import MediaStamps
from encoder.outputs.packet_queue import PacketQueue
from encoder.outputs.reached import Reached
from encoder.outputs.rtmp_conversation import ConversationHooks, RtmpConversation
from encoder.outputs.rtmp_timings import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.packets import StreamFormat
from gshop_studio.rtmp import RtmpError

__all__ = ["RtmpOutput", "RtmpTimings"]

_BUFFERED_S = 0.1
_LEAST_BUFFER_BYTES = 8 * 1024
_MOST_BUFFER_BYTES = 64 * 1024
"""What waits must wait in our queue, where it is seen and dropped by policy, not in megabytes of socket buffer."""


class RtmpOutput:
    """One destination and its key. `publish` may be called again and again; time stamps go on."""

    def __init__(
        self,
        target: RtmpTarget,
        key: str,
        stream: StreamFormat | Callable[[], StreamFormat],
        queue: PacketQueue,
        *,
        base_us: int,
        timings: RtmpTimings | None = None,
    ) -> None:
        """`base_us` is the moment whose time stamp is zero; `stream` is asked anew for each connection."""
        self._target = target
        self._key = key
        self._stream: Callable[[], StreamFormat] = (lambda: stream) if isinstance(stream, StreamFormat) else stream
        self._queue = queue
        self._timings = timings or RtmpTimings()
        self._stamps = MediaStamps(base_us)
        self._finishing = asyncio.Event()
        self._dialer = Dialer(target, self._timings.connect_s)
        self._conversation: RtmpConversation | None = None
        self._sent_before = 0
        self._delivered_before = 0
        self.reached = Reached.NOTHING
        """By the current or the last attempt."""

    @property
    def sent_bytes(self) -> int:
        """Of all connections; never falling."""
        return self._sent_before + (self._conversation.written_bytes if self._conversation else 0)

    @property
    def acknowledged_bytes(self) -> int:
        """Those of them that the peers' TCP has acknowledged (where that is unknown: that our kernel took)."""
        return self._delivered_before + (self._conversation.delivered_bytes if self._conversation else 0)

    @property
    def round_trip_ms(self) -> float | None:
        """Of the last ping that was answered on this connection; it waits behind the media that is under way."""
        return self._conversation.round_trip_ms if self._conversation else None

    @property
    def is_unconfirmed(self) -> bool:
        """Live by TCP's word only."""
        return self._conversation is not None and self._conversation.live_state is LiveState.UNCONFIRMED

    def finish(self) -> None:
        """Say goodbye to the server; `publish` then returns."""
        self._finishing.set()

    def close(self) -> None:
        """Let go of what outlasts a connection (a look-up that hangs)."""
        self._dialer.close()

    async def dial(self, timeout_s: float) -> socket.socket:
        """Open TCP only, for `publish` to go on with.

        Raises:
            OutputError: `ingest.timeout`, `ingest.unreachable`.
        """
        return await self._dialer.dial(timeout_s)

    async def publish(
        self,
        on_accepted: Callable[[], None],
        on_live: Callable[[bool], None] | None = None,
        *,
        dialled: socket.socket | None = None,
    ) -> None:
        """Connect, and send what the queue holds until `finish`.

        Args:
            on_accepted: Told when the publish was accepted: a keyframe is wanted now.
            on_live: Told when media has arrived, with whether the peer itself says so; once more if it confirms later.
            dialled: A socket that `dial` opened.

        Raises:
            OutputError: any `ingest.*` fault; `is_final` says whether another attempt makes sense.
        """
        self.reached = Reached.NOTHING

        def accepted() -> None:
            self.reached = max(self.reached, Reached.ACCEPTED)
            on_accepted()

        def live(is_confirmed: bool) -> None:
            self.reached = Reached.LIVE
            if on_live is not None:
                on_live(is_confirmed)

        async with self._connected(dialled) as (reader, writer):
            conversation = RtmpConversation(
                self._target,
                self._key,
                self._stream,
                self._queue,
                self._stamps,
                reader,
                writer,
                self._timings,
                ConversationHooks(accepted, live),
            )
            self._conversation = conversation
            try:
                await conversation.run(self._finishing)
            except RtmpError as error:
                raise self._target.fault("ingest.protocol", reason=str(error.code)) from error
            except (OSError, EOFError) as error:
                raise self._target.fault("ingest.lost") from error
            finally:
                self._sent_before += conversation.written_bytes
                self._delivered_before += conversation.delivered_bytes
                self._conversation = None
                self._queue.close()

    @contextlib.asynccontextmanager
    async def _connected(
        self, dialled: socket.socket | None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        raw = dialled or await self._dialer.dial()
        self.reached = Reached.HOST
        reader, writer = await self._wrap(raw)
        try:
            yield reader, writer
        finally:
            if not self._finishing.is_set():
                _forget_what_waits(writer)
            # Not `close`: it would wait for a peer that reads no more.
            writer.transport.abort()

    async def _wrap(self, raw: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Streams over an open socket, encrypted where the target wants it."""
        buffer_bytes = _buffer_bytes(self._stream())
        _tune(raw, buffer_bytes)
        try:
            context = ssl.create_default_context() if self._target.is_tls else None
            async with asyncio.timeout(self._timings.connect_s):
                reader, writer = await asyncio.open_connection(
                    sock=raw, ssl=context, server_hostname=self._target.host if context else None
                )
        except TimeoutError as error:
            raise self._target.fault("ingest.timeout") from error
        except ssl.SSLCertVerificationError as error:
            raise self._target.fault("ingest.certificate", is_final=True, reason=error.verify_message) from error
        except ssl.SSLError as error:
            raise self._target.fault("ingest.protocol", reason="no TLS") from error
        except (OSError, EOFError) as error:
            code = "ingest.protocol" if self._target.is_tls else "ingest.lost"
            raise self._target.fault(code, reason="no TLS") from error
        writer.transport.set_write_buffer_limits(high=buffer_bytes)
        return reader, writer


def _buffer_bytes(stream: StreamFormat) -> int:
    bytes_per_s = (stream.video_kbps + stream.audio_kbps) * 1000 / 8
    return int(max(_LEAST_BUFFER_BYTES, min(_MOST_BUFFER_BYTES, bytes_per_s * _BUFFERED_S)))


def _tune(raw: socket.socket, buffer_bytes: int) -> None:
    with contextlib.suppress(OSError):  # already reset by the peer: reading will tell
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, buffer_bytes)


def _forget_what_waits(writer: asyncio.StreamWriter) -> None:
    """End with a reset. A frozen server must not find our old media when it thaws, and hold our key for it."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        linger = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
