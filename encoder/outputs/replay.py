"""The replay buffer: the packets of the last seconds, to be kept as a clip without encoding anew.

Off until it is asked for, since it costs memory: some 40 MB for two minutes of 720p. The queue `replay` is bounded by
time; the oldest group of pictures goes first, which loses nothing that was asked for. Lives on the event loop's thread;
a clip is written on a thread of its own.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

from encoder.daemon_call import call_in_daemon_thread
from encoder.errors import EngineError
from encoder.outputs.disk_guard import DiskGuard
from encoder.outputs.part_names import plain_name
from encoder.outputs.recording_file import RecordingFile
from encoder.outputs.recording_queue import QueueLimits, RecordingQueue
from encoder.outputs.recording_writer import RecordingWriter
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from gshop_studio.engine_protocol import Fault

LONGEST_S = 120.0
_US_PER_S = 1_000_000
_NO_LIMITS = QueueLimits(seconds=2 * LONGEST_S, size_bytes=1024 * 1024 * 1024)
"""What is in the buffer is bounded already."""


class ReplayBuffer:
    """An output that forgets."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._packets: deque[MediaPacket] = deque()
        self._keyframes_us: deque[int] = deque()

    @property
    def seconds(self) -> float:
        """How much is kept; 0 is nothing."""
        return self._seconds

    @property
    def held_s(self) -> float:
        """How much there is now."""
        return (self._packets[-1].at_us - self._packets[0].at_us) / _US_PER_S if self._packets else 0.0

    def keep(self, seconds: float) -> None:
        """Keep so much from now on; 0: nothing."""
        self._seconds = min(seconds, LONGEST_S)
        if not seconds:
            self.clear()

    def clear(self) -> None:
        """Forget all of it."""
        self._packets.clear()
        self._keyframes_us.clear()

    def offer(self, packet: MediaPacket) -> None:
        """Keep a packet too."""
        if not self._seconds:
            return
        is_keyframe = packet.kind is PacketKind.VIDEO and packet.is_keyframe
        if not self._packets and not is_keyframe:
            return
        self._packets.append(packet)
        if is_keyframe:
            self._keyframes_us.append(packet.at_us)
            self._forget_before(packet.at_us - round(self._seconds * _US_PER_S))

    async def save(self, folder: Path, name: str, stream: StreamFormat, seconds: float | None = None) -> Path:
        """Write the last seconds (all there is, without a number) from a keyframe on. Returns the file's path.

        Raises:
            EngineError: `replay.empty`, `recording.disk_full`, `recording.failed`.
        """
        packets = self._last(seconds)
        if not packets:
            raise EngineError(Fault("replay.empty"))
        first = packets[0].config or stream.avc_config
        stream = StreamFormat(
            stream.width, stream.height, stream.video_kbps, stream.audio_kbps, first, stream.audio_config
        )
        return await call_in_daemon_thread(_write, folder, plain_name(name), stream, packets)

    def _last(self, seconds: float | None) -> list[MediaPacket]:
        packets = list(self._packets)
        if seconds is None or not packets:
            return packets
        wanted_us = packets[-1].at_us - round(seconds * _US_PER_S)
        starts = [at_us for at_us in self._keyframes_us if at_us <= wanted_us]
        start_us = starts[-1] if starts else packets[0].at_us
        return [packet for packet in packets if packet.at_us >= start_us]

    def _forget_before(self, at_us: int) -> None:
        """Whole groups only: what is kept begins with a keyframe."""
        while len(self._keyframes_us) > 1 and self._keyframes_us[1] <= at_us:
            self._keyframes_us.popleft()
            while self._packets[0].at_us < self._keyframes_us[0] or not self._packets[0].is_keyframe:
                self._packets.popleft()


def _write(folder: Path, name: str, stream: StreamFormat, packets: list[MediaPacket]) -> Path:
    queue = RecordingQueue(_NO_LIMITS)
    writer = RecordingWriter(folder, name, stream, queue, DiskGuard(folder), RecordingFile)
    fault = writer.open()
    if fault is None:
        for packet in packets:
            queue.offer(packet)
        queue.close()
        fault = writer.run()
    if fault is not None:
        raise EngineError(fault)
    return writer.paths[0]
