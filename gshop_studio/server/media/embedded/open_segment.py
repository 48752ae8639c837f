"""The segment that is being filled: samples in, one fragment out. Pure."""

from __future__ import annotations

from gshop_studio.server.media.embedded.fragment import build_fragment
from gshop_studio.server.media.embedded.init_segment import InitSegment
from gshop_studio.server.media.embedded.media_clock import MediaClock
from gshop_studio.server.media.embedded.segment import Segment
from gshop_studio.server.media.embedded.tracks import (
    VIDEO_TIMESCALE,
    AudioSample,
    AudioTrack,
    VideoSample,
    audio_samples,
    video_ticks,
)

_TICKS_PER_MS = VIDEO_TIMESCALE // 1000


class OpenSegment:
    """Begins with a picture at `start` ticks; sound comes as it arrives."""

    def __init__(
        self, init: InitSegment, audio_track: AudioTrack | None, start: int, *, is_discontinuity: bool
    ) -> None:
        self.init = init
        self.start = start
        self.byte_count = 0
        self._audio_track = audio_track
        self._is_discontinuity = is_discontinuity
        self._video: list[VideoSample] = []
        self._audio: list[AudioSample] = []

    def add_video(self, sample: VideoSample) -> None:
        self._video.append(sample)
        self.byte_count += len(sample.data)

    def add_audio(self, sample: AudioSample) -> None:
        self._audio.append(sample)
        self.byte_count += len(sample.data)

    def end_after(self, default_frame_ticks: int) -> int:
        """Where the segment ends when no picture follows: after a last frame as long as the ones before it."""
        last = self._video[-1].dts
        count = len(self._video) - 1
        return last + ((last - self.start) // count if count and last > self.start else default_frame_ticks)

    def close(self, sequence: int, end: int, clock: MediaClock, *, is_last: bool) -> tuple[Segment, list[AudioSample]]:
        """The segment that ends at `end` ticks, and the sound of the next one (none if it is the last)."""
        audio, later = self._audio, []
        if self._audio_track and not is_last:
            audio_end = audio_samples(end, self._audio_track.sample_rate_hz)
            audio = [sample for sample in self._audio if sample.dts < audio_end]
            later = [sample for sample in self._audio if sample.dts >= audio_end]
        segment = Segment(
            init=self.init,
            data=build_fragment(sequence, self._video, end, audio),
            duration_s=(end - self.start) / VIDEO_TIMESCALE,
            program_time_ms=round(clock.utc_ms(self._earliest(audio) / _TICKS_PER_MS)),
            starts_with_keyframe=self._video[0].is_keyframe,
            is_discontinuity=self._is_discontinuity,
        )
        return segment, later

    def _earliest(self, audio: list[AudioSample]) -> int:
        shown_first = min(sample.dts + sample.composition for sample in self._video)
        if self._audio_track and audio:
            return min(shown_first, video_ticks(audio[0].dts, self._audio_track.sample_rate_hz))
        return shown_first
