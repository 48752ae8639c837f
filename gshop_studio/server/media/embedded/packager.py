"""Remuxing of one publisher's RTMP media into segments: no transcoding, no I/O, no clock of its own.

The time line of a stream's media is the wall clock's: it begins, at each publisher and after each jump of a publisher's
time stamps, at the moment of arrival (counted from `EPOCH_MS`), or later where what came before reaches further. So it
never goes backwards, not even over a restart of the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gshop_studio.rtmp import RtmpError, RtmpErrorCode, find_capture_us
from gshop_studio.rtmp.aac import AacConfig
from gshop_studio.rtmp.avc import AvcConfig, split_nals
from gshop_studio.rtmp.flv import AudioTag, FrameType, PacketType, VideoTag
from gshop_studio.server.media.embedded.init_segment import InitSegment, build_init_segment
from gshop_studio.server.media.embedded.limits import SegmentLimits
from gshop_studio.server.media.embedded.media_clock import MediaClock
from gshop_studio.server.media.embedded.open_segment import OpenSegment
from gshop_studio.server.media.embedded.segment import Segment
from gshop_studio.server.media.embedded.timelines import AudioTimeline, VideoTimeline, frame_ticks_of
from gshop_studio.server.media.embedded.tracks import (
    VIDEO_TIMESCALE,
    AudioSample,
    AudioTrack,
    VideoSample,
    VideoTrack,
    audio_samples,
)

EPOCH_MS = 1_767_225_600_000
"""2026-01-01: media time zero."""
_TICKS_PER_MS = VIDEO_TIMESCALE // 1000
_DEFAULT_FRAME_TICKS = VIDEO_TIMESCALE // 30
_MAX_PICTURE_SIDE = 8192


class Packager:
    """One publisher's tags in, segments out. Broken media raises `RtmpError`."""

    def __init__(self, clock: MediaClock, limits: SegmentLimits, *, starts_after_ticks: int = 0) -> None:
        """`starts_after_ticks`: where the media of this stream's last publisher ended (its `end_ticks`)."""
        self._clock = clock
        self._limits = limits
        self._end_ticks = starts_after_ticks
        self._frame_ticks = frame_ticks_of(None)
        self._video: VideoTrack | None = None
        self._audio: AudioTrack | None = None
        self._init: InitSegment | None = None
        self._video_timeline: VideoTimeline | None = None
        self._audio_timeline: AudioTimeline | None = None
        self._last_video_ms = 0
        self._open: OpenSegment | None = None
        self._is_discontinuity = True
        self._sequence = 0
        self._received_ticks = 0
        self.ignored_audio_frames = 0

    @property
    def end_ticks(self) -> int:
        """How far this stream's media reaches."""
        return self._end_ticks

    @property
    def received_s(self) -> float:
        """How much media came, jumps not counted."""
        return self._received_ticks / VIDEO_TIMESCALE

    def receive_metadata(self, values: Mapping[str, Any]) -> None:
        """Take the publisher's own description, of which only the frame rate counts (as a hint)."""
        self._frame_ticks = frame_ticks_of(values.get("framerate"))

    def receive_video(self, timestamp_ms: int, tag: VideoTag, arrived_at_ms: float) -> list[Segment]:
        """Take one video tag; what it completes."""
        if tag.packet_type is PacketType.CONFIG:
            return self._configure_video(tag.payload)
        if tag.packet_type is not PacketType.FRAME or tag.frame_type is FrameType.INFO:
            return []
        if self._video is None:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "a picture before its configuration")
        if not split_nals(tag.payload, self._video.nal_length_size):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "an empty picture")
        segments = self._interrupt() if self._jumps(timestamp_ms) else []
        if self._open is None and not tag.is_keyframe:
            return segments
        if self._video_timeline is None:
            self._begin_timeline(timestamp_ms, arrived_at_ms)
        assert self._video_timeline is not None, "just begun"
        dts = self._video_timeline.place(timestamp_ms)
        self._last_video_ms = timestamp_ms
        self._clock.observe(dts / _TICKS_PER_MS, arrived_at_ms, self._captured_at_ms(tag))
        segments += self._cut(dts, is_keyframe=tag.is_keyframe)
        assert self._open is not None, "a cut opens the next one"
        composition = self._video_timeline.composition(tag.composition_ms)
        self._open.add_video(VideoSample(dts, composition, tag.is_keyframe, tag.payload))
        end_ticks = self._open.end_after(round(self._frame_ticks or _DEFAULT_FRAME_TICKS))
        self._received_ticks += end_ticks - self._end_ticks
        self._end_ticks = end_ticks
        return segments

    def receive_audio(self, timestamp_ms: int, tag: AudioTag) -> list[Segment]:
        """Take one audio tag; what it completes (only a change of configuration does)."""
        if tag.packet_type is PacketType.CONFIG:
            return self._configure_audio(tag.payload)
        is_far_off = abs(timestamp_ms - self._last_video_ms) > self._limits.jump_s * 1000
        if self._open is None or self._audio_timeline is None or is_far_off or not tag.payload:
            self.ignored_audio_frames += 1
            return []
        place = self._audio_timeline.place(timestamp_ms)
        if place is None:
            self.ignored_audio_frames += 1
        else:
            self._open.add_audio(AudioSample(place, tag.payload))
        return []

    def finish(self) -> list[Segment]:
        """The publisher is gone: what was begun is completed."""
        return self._interrupt()

    def _configure_video(self, record: bytes) -> list[Segment]:
        if self._video and self._video.record == record:
            return []  # publishers repeat it
        config = AvcConfig.parse(record)
        if not (0 < config.width <= _MAX_PICTURE_SIDE and 0 < config.height <= _MAX_PICTURE_SIDE):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "picture size")
        segments = self._close()
        self._video = VideoTrack(record, config.width, config.height, config.codec_string, config.nal_length_size)
        self._init = None
        return segments

    def _configure_audio(self, record: bytes) -> list[Segment]:
        if self._audio and self._audio.record == record:
            return []
        config = AacConfig.parse(record)
        segments = self._close()
        self._audio = AudioTrack(record, config.sample_rate_hz, config.channels, config.codec_string)
        self._audio_timeline = None
        self._init = None
        return segments

    def _captured_at_ms(self, tag: VideoTag) -> float | None:
        """When the picture shown at this tag's decoding time was captured, if a keyframe tells."""
        assert self._video is not None, "receive_video sees to it"
        captured_us = find_capture_us(tag.payload, self._video.nal_length_size) if tag.is_keyframe else None
        return None if captured_us is None else captured_us / 1000 - tag.composition_ms

    def _jumps(self, timestamp_ms: int) -> bool:
        step_ms = timestamp_ms - self._last_video_ms
        return self._video_timeline is not None and not 0 <= step_ms <= self._limits.jump_s * 1000

    def _interrupt(self) -> list[Segment]:
        """Time stamps do not go on from here."""
        segments = self._close()
        self._video_timeline = self._audio_timeline = None
        self._is_discontinuity = True
        return segments

    def _close(self) -> list[Segment]:
        """Complete what was begun, without a picture that follows; the next segment waits for a keyframe."""
        if self._open is None:
            return []
        self._sequence += 1
        segment, _ = self._open.close(self._sequence, self._end_ticks, self._clock, is_last=True)
        self._open = None
        return [segment]

    def _begin_timeline(self, timestamp_ms: int, arrived_at_ms: float) -> None:
        ticks = max(self._end_ticks, round((arrived_at_ms - EPOCH_MS) * _TICKS_PER_MS))
        self._end_ticks = ticks
        self._video_timeline = VideoTimeline(timestamp_ms, ticks, self._frame_ticks)
        self._audio_timeline = None

    def _cut(self, dts: int, *, is_keyframe: bool) -> list[Segment]:
        """Where a picture at `dts` begins a segment, complete the open one and open the next."""
        assert self._video is not None and self._video_timeline is not None, "receive_video sees to it"
        carried: list[AudioSample] = []
        segments: list[Segment] = []
        if self._open is not None:
            length_s = (dts - self._open.start) / VIDEO_TIMESCALE
            is_due = is_keyframe and length_s >= self._limits.min_s
            is_too_much = length_s > self._limits.max_s or self._open.byte_count > self._limits.max_bytes
            if not is_due and not is_too_much:
                return []
            self._sequence += 1
            segment, carried = self._open.close(self._sequence, dts, self._clock, is_last=False)
            segments.append(segment)
        if self._init is None:
            self._init = build_init_segment(self._video, self._audio)
            self._is_discontinuity = True
        if self._audio and self._audio_timeline is None:
            rate = self._audio.sample_rate_hz
            self._audio_timeline = AudioTimeline(self._last_video_ms, audio_samples(dts, rate), rate)
        self._open = OpenSegment(self._init, self._audio, dts, is_discontinuity=self._is_discontinuity)
        self._is_discontinuity = False
        for sample in carried:
            self._open.add_audio(sample)
        return segments
