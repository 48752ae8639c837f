"""The encoders at work: pictures and sound in on the loops' threads, packets out to every output on the event loop.

Encoded once, whatever the number of outputs. It runs from the first output's beginning to the last one's end and never
pauses meanwhile, whatever an output does: handing over a packet cannot block.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av

from encoder.audio_encoder import AudioEncoder
from encoder.audio_loop import AudioLoop
from encoder.encoders.video_encoder import VideoEncoder
from encoder.interleaver import Interleaver
from encoder.packets import MediaPacket, StreamFormat
from encoder.sources.source import ColourMatrix, Samples
from encoder.video_loop import VideoLoop
from gshop_studio.domain.quality import QualitySettings
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)

_MOST_UNTOLD = 6
"""Packets of sound that wait for a picture to ride along with."""


class PacketOutput(Protocol):
    """Where packets go. Called on the event loop's thread; must not block."""

    def offer(self, packet: MediaPacket) -> None: ...


@dataclass(frozen=True, slots=True)
class EncodingHooks:
    """Who hears what happens. Called on the event loop's thread."""

    on_failed: Callable[[Fault], None]
    """It cannot go on."""
    on_notice: Callable[[Fault], None]


class Encoding:
    """Both encoders of one run and the outputs they feed."""

    def __init__(
        self,
        settings: QualitySettings,
        matrix: ColourMatrix,
        hooks: EncodingHooks,
        encoder_id: str,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Open the encoders. May take seconds where a driver is slow, so not on the event loop's thread.

        Raises:
            EncoderError: `encoder.failed`.
        """
        self._settings = settings
        self._hooks = hooks
        self._loop = loop
        self._video = VideoEncoder(settings, matrix, encoder_id=encoder_id, on_notice=self._notice_on_thread)
        self._audio = AudioEncoder(settings.audio_kbps)
        self._made: deque[MediaPacket] = deque()
        """Packets on their way from the loops' threads to the event loop; as many as come within two ticks."""
        self._interleaver = Interleaver()
        self._outputs: list[PacketOutput] = []
        self._avc_config = self._video.config
        self.encoded_frames = 0
        self.encoded_sounds = 0

    @property
    def stream(self) -> StreamFormat:
        """What a player must know now."""
        settings = self._settings
        return StreamFormat(
            settings.width,
            settings.height,
            settings.video_kbps,
            settings.audio_kbps,
            self._avc_config,
            self._audio.config,
        )

    @property
    def encoder_id(self) -> str:
        """The video encoder that works now."""
        return self._video.encoder_id

    @property
    def lost_pictures(self) -> int:
        """Pictures of this run that the video encoder has not given out and will not any more."""
        return self._video.lost_pictures

    @property
    def target_kbps(self) -> int:
        """The video's rate when nothing stands in the way."""
        return self._settings.video_kbps

    @property
    def target_audio_kbps(self) -> int:
        return self._settings.audio_kbps

    def start(self, video: VideoLoop, audio: AudioLoop) -> None:
        """Encode from now on."""
        video.use_sink(self)
        audio.use_sink(self)

    def stop(self, video: VideoLoop, audio: AudioLoop) -> None:
        """Encode no more, and let the encoders go."""
        video.use_sink(None)
        audio.use_sink(None)
        self._video.close()
        self._outputs.clear()

    def attach(self, output: PacketOutput) -> None:
        """Feed an output too, with a keyframe soon."""
        self._outputs.append(output)
        self._video.request_keyframe()

    def detach(self, output: PacketOutput) -> None:
        """Feed it no more."""
        with contextlib.suppress(ValueError):
            self._outputs.remove(output)

    def request_keyframe(self) -> None:
        """Make the next picture a keyframe."""
        self._video.request_keyframe()

    def set_bitrate(self, kbps: int) -> None:
        """Aim at another rate from the next picture on."""
        self._video.set_bitrate(kbps)

    def set_effort(self, level: int) -> None:
        """Work less hard (0 is all, 2 the least); the change comes with a keyframe."""
        self._video.set_effort(level)

    # --- called on the loops' threads ---

    def take_picture(self, frame: av.VideoFrame, tick: int, captured_us: int) -> None:
        packets = self._video.encode(frame, tick, captured_us)
        self._made.extend(packets)
        self.encoded_frames += len(packets)
        self._call(self._pass_on)

    def take_sound(self, samples: Samples, position: int) -> None:
        self._made.extend(self._audio.encode(samples, position))
        self.encoded_sounds += 1
        # Waking the event loop costs more than a packet of sound does: it rides along with the next picture.
        if len(self._made) >= _MOST_UNTOLD:
            self._call(self._pass_on)

    def fail(self, fault: Fault) -> None:
        self._call(self._hooks.on_failed, fault)

    def _notice_on_thread(self, fault: Fault) -> None:
        self._call(self._hooks.on_notice, fault)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed: the process is ending
            self._loop.call_soon_threadsafe(function, *args)

    # --- on the event loop ---

    def _pass_on(self) -> None:
        while self._made:
            for packet in self._interleaver.put(self._made.popleft()):
                if packet.config:
                    self._avc_config = packet.config
                for output in tuple(self._outputs):
                    output.offer(packet)
