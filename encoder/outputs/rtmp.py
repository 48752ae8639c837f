"""Publishing to an RTMP or RTMPS ingest: one connection, from the name's look-up to the goodbye.

`publish` blocks while it lasts and raises when it ends against our will; whoever owns the output decides about another
attempt. Lives on the event loop's thread; nothing in it can block the encoders.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from encoder.daemon_call import call_in_daemon_thread
from encoder.errors import OutputError, reason_of
from encoder.outputs.packet_queue import PacketQueue
from encoder.outputs.target import RtmpTarget
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from gshop_studio import __version__
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault
from gshop_studio.rtmp import (
    BytesAcknowledged,
    PingAnswered,
    PublisherConnection,
    PublisherEvent,
    PublishRefused,
    PublishStarted,
    RtmpError,
    flv,
)

_READ_BYTES = 64 * 1024
_WRITE_BUFFER_BYTES = 32 * 1024
_UNSENT_IN_KERNEL_BYTES = 64 * 1024
"""What waits must wait in our queue, where it is seen and dropped by policy, not in megabytes of socket buffer."""
_WINDOW_ACK_SHARE_S = 0.5
_FINISH_S = 0.4
_AVC_ID, _AAC_ID = 7.0, 10.0
_TRANSIENT_REFUSALS = (
    "already publishing",
    "already being published",
    "already live",
    "else is publishing",
    "stream busy",
    "in use",
)
"""A server that has not noticed the end of our last connection says so in words; the code is a wrong key's."""
_CLOSED_INSTEAD_OF_AN_ANSWER = "NetConnection.Connect.Closed"
"""How nginx-rtmp refuses a key or an application; a server that dies at that moment looks the same, so we try again."""
_KEY_REFUSALS = ("NetStream.Publish.BadName", "NetStream.Publish.Denied", "NetStream.Publish.Unauthorized")


@dataclass(frozen=True, slots=True)
class RtmpTimings:
    """How patient a connection is."""

    connect_s: float = 5.0
    """For the name, TCP and TLS, each."""
    publish_s: float = 6.0
    """From there until the server takes our media."""
    silence_s: float = 4.0
    """A server that answered before and says nothing for so long is gone; so is one that takes no bytes for so long."""
    ping_s: float = 1.0


class RtmpOutput:
    """One destination and its key. `publish` may be called again and again; time stamps go on."""

    def __init__(
        self,
        target: RtmpTarget,
        key: str,
        stream: StreamFormat,
        queue: PacketQueue,
        *,
        base_us: int,
        timings: RtmpTimings | None = None,
    ) -> None:
        """`base_us` is the moment whose time stamp is zero."""
        self._target = target
        self._key = key
        self._stream = stream
        self._queue = queue
        self._base_us = base_us
        self._timings = timings or RtmpTimings()
        self._finishing = asyncio.Event()
        self._last_ms = 0
        self.sent_bytes = 0
        self.round_trip_ms: float | None = None

    def finish(self) -> None:
        """Say goodbye to the server; `publish` then returns."""
        self._finishing.set()

    async def publish(self, on_accepted: Callable[[], None]) -> None:
        """Connect, and send what the queue holds until `finish`.

        Raises:
            OutputError: any `ingest.*` fault; `is_final` says whether another attempt makes sense.
        """
        async with self._connected() as (reader, writer):
            connection = PublisherConnection(
                self._target.app, self._target.tc_url, self._key, window_ack_size=self._window_ack_bytes()
            )
            try:
                await _Publishing(self, connection, reader, writer, on_accepted).run()
            except RtmpError as error:
                raise self._fault("ingest.protocol", reason=str(error.code)) from error
            except (OSError, EOFError) as error:
                raise self._fault("ingest.lost") from error
            finally:
                self.round_trip_ms = None
                self._queue.close()

    def _window_ack_bytes(self) -> int:
        kbps = self._stream.video_kbps + self._stream.audio_kbps
        return int(kbps * 1000 / 8 * _WINDOW_ACK_SHARE_S)

    def _fault(self, code: str, *, is_final: bool = False, **params: str) -> OutputError:
        return OutputError(Fault(code, self._target.place | params), is_final=is_final)

    def timestamp_ms(self, packet: MediaPacket) -> int:
        """Milliseconds since the broadcast's beginning; never falling, whatever the rounding."""
        self._last_ms = max(self._last_ms, round((packet.at_us - self._base_us) / 1000))
        return self._last_ms

    # --- the way to an open connection ---

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await self._connect()
        try:
            yield reader, writer
        finally:
            # Not `close`: it would wait for a peer that reads no more.
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raw = await self._connect_tcp()
        try:
            context = ssl.create_default_context() if self._target.is_tls else None
            async with asyncio.timeout(self._timings.connect_s):
                reader, writer = await asyncio.open_connection(
                    sock=raw, ssl=context, server_hostname=self._target.host if context else None
                )
        except TimeoutError as error:
            raise self._fault("ingest.timeout") from error
        except ssl.SSLCertVerificationError as error:
            raise self._fault("ingest.certificate", is_final=True, reason=error.verify_message) from error
        except ssl.SSLError as error:
            raise self._fault("ingest.protocol", reason="no TLS") from error
        except (OSError, EOFError) as error:
            code = "ingest.protocol" if self._target.is_tls else "ingest.lost"
            raise self._fault(code, reason="no TLS") from error
        writer.transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        return reader, writer

    async def _connect_tcp(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        target = self._target
        try:
            async with asyncio.timeout(self._timings.connect_s):
                addresses = await call_in_daemon_thread(
                    socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM
                )
        except TimeoutError as error:
            raise self._fault("ingest.timeout") from error
        except (OSError, UnicodeError) as error:
            raise self._fault("ingest.unreachable", reason=reason_of(error)) from error
        failure = self._fault("ingest.timeout")
        for family, kind, protocol, _, address in addresses:
            raw = socket.socket(family, kind, protocol)
            try:
                _tune(raw)
                async with asyncio.timeout(self._timings.connect_s):
                    await loop.sock_connect(raw, address)
                return raw
            except TimeoutError:
                raw.close()
                failure = self._fault("ingest.timeout")
            except OSError as error:
                raw.close()
                failure = self._fault("ingest.unreachable", reason=reason_of(error))
            except BaseException:
                raw.close()
                raise
        raise failure


def _tune(raw: socket.socket) -> None:
    raw.setblocking(False)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL_BYTES)


class _Publishing:
    """The conversation over one open connection."""

    def __init__(
        self,
        output: RtmpOutput,
        connection: PublisherConnection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_accepted: Callable[[], None],
    ) -> None:
        self._output = output
        self._connection = connection
        self._reader = reader
        self._writer = writer
        self._on_accepted = on_accepted
        self._accepted = asyncio.Event()
        self._started_s = time.monotonic()
        self._heard_s: float | None = None
        """When the server last acknowledged bytes or answered a ping; None before it ever did."""
        self._taken_s = self._started_s
        """When the kernel last took all we had."""

    async def run(self) -> None:
        self._connection.start()
        self._flush()
        parts: list[Coroutine[Any, Any, None]] = [self._receive(), self._send(), self._watch(), self._await_finish()]
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [result for task, result in zip(tasks, results, strict=True) if task in done and result is not None]
        if failures and not self._output._finishing.is_set():
            assert isinstance(failures[0], BaseException)
            raise failures[0]

    async def _receive(self) -> None:
        while data := await self._reader.read(_READ_BYTES):
            for event in self._connection.receive_data(data):
                self._handle(event)
            self._flush()
        for event in self._connection.receive_eof():
            self._handle(event)
        raise EOFError("the server closed the connection")

    def _handle(self, event: PublisherEvent) -> None:
        match event:
            case PublishStarted():
                self._announce()
                self._accepted.set()
                self._on_accepted()
            case PublishRefused(code, description):
                raise self._refusal(code, description)
            case BytesAcknowledged():
                self._heard_s = time.monotonic()
            case PingAnswered(timestamp_ms):
                self._heard_s = time.monotonic()
                self._output.round_trip_ms = float((self._now_ms() - timestamp_ms) % (1 << 32))

    def _refusal(self, code: str, description: str) -> OutputError:
        if code == _CLOSED_INSTEAD_OF_AN_ANSWER:
            # With words it is a server that shuts down; with none, and before it took us, a refusal.
            is_refusal = not description and not self._accepted.is_set()
            return self._output._fault("ingest.closed" if is_refusal else "ingest.lost")
        is_transient = any(words in description.lower() for words in _TRANSIENT_REFUSALS)
        reason = description.rstrip(". ") or code
        if is_transient or code not in _KEY_REFUSALS:
            return self._output._fault("ingest.refused", is_final=not is_transient, reason=reason, status=code)
        return self._output._fault("ingest.refused_key", is_final=True)

    def _announce(self) -> None:
        """What a player must know first; sent anew on each connection."""
        stream, connection = self._output._stream, self._connection
        connection.send_metadata(
            {
                "width": float(stream.width),
                "height": float(stream.height),
                "framerate": float(FRAMES_PER_SECOND),
                "videocodecid": _AVC_ID,
                "videodatarate": float(stream.video_kbps),
                "audiocodecid": _AAC_ID,
                "audiodatarate": float(stream.audio_kbps),
                "audiosamplerate": float(AUDIO_SAMPLE_RATE_HZ),
                "audiosamplesize": 16.0,
                "stereo": True,
                "encoder": f"gshop-studio/{__version__}",
            }
        )
        now_ms = self._output._last_ms
        connection.send_video(now_ms, flv.build_avc_config(stream.avc_config))
        connection.send_audio(now_ms, flv.build_aac_config(stream.audio_config))
        self._output._queue.open()

    async def _send(self) -> None:
        await self._accepted.wait()
        queue = self._output._queue
        while True:
            packet = await queue.take()
            timestamp_ms = self._output.timestamp_ms(packet)
            if packet.kind is PacketKind.VIDEO:
                body = flv.build_avc_frame(packet.payload, is_keyframe=packet.is_keyframe, composition_ms=0)
                self._connection.send_video(timestamp_ms, body)
            else:
                self._connection.send_audio(timestamp_ms, flv.build_aac_frame(packet.payload))
            self._flush()
            await self._writer.drain()

    async def _watch(self) -> None:
        """Pings, and notices a server that is dead or frozen."""
        timings, output = self._output._timings, self._output
        async with self._deadline():
            await self._accepted.wait()
        while True:
            self._connection.send_ping(self._now_ms())
            self._flush()
            await asyncio.sleep(timings.ping_s)
            now_s = time.monotonic()
            if self._writer.transport.get_write_buffer_size() <= _WRITE_BUFFER_BYTES:
                self._taken_s = now_s
            last_sign_s = min(self._taken_s, self._heard_s if self._heard_s is not None else self._taken_s)
            if now_s - last_sign_s > timings.silence_s:
                raise output._fault("ingest.lost")

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._output._timings.publish_s):
                yield
        except TimeoutError as error:
            raise self._output._fault("ingest.timeout") from error

    async def _await_finish(self) -> None:
        await self._output._finishing.wait()
        self._connection.finish()
        self._flush()
        self._writer.transport.set_write_buffer_limits(high=0)
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_FINISH_S):
                await self._writer.drain()

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data:
            self._writer.write(data)
            self._output.sent_bytes += len(data)

    def _now_ms(self) -> int:
        return int((time.monotonic() - self._started_s) * 1000)
