"""Where a media file is: what is played now, decoded ahead, and to be decoded next. Guarded by the file's lock.

The medium's time is tied to the clock's ticks by a timeline, for picture and sound alike, so that they stay together
over any number of loops, pauses and seeks. A change takes effect as much later as sound is taken ahead of its moment.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from encoder.clock import US_PER_S, Clock, first_tick_from, tick_to_us
from encoder.sources.media_pass import PassStart
from encoder.sources.media_queues import DecodedPicture, MediaQueues
from encoder.sources.media_timeline import MediaTimeline
from encoder.sources.source import READ_AHEAD_SAMPLES, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND
from gshop_studio.engine_protocol import MediaState

_HALF_TICK_US = US_PER_S // FRAMES_PER_SECOND // 2
_LEAD_US = READ_AHEAD_SAMPLES * US_PER_S // AUDIO_SAMPLE_RATE_HZ
"""Sound is taken ahead of its moment, so whatever changes lies a little ahead too."""
_KEPT_PASSES = 16


class MediaPlayback:
    """Plays and loops from the beginning, once it is let go, until it is told otherwise."""

    def __init__(self, clock: Clock, duration_us: int | None) -> None:
        """`duration_us` is the file's; None where it does not tell."""
        self._clock = clock
        self._duration_us = duration_us
        self.queues = MediaQueues()
        self.timeline = MediaTimeline()
        self._is_playing = True
        self._is_looping = True
        self.is_held = True
        """The medium stands, until enough is decoded to go on."""
        self.generation = 0
        """Rises whenever what is being decoded is not wanted any more."""
        self._request: PassStart | None = None
        """From where to decode next."""
        self.passes: deque[PassStart] = deque([PassStart(0, 0)], _KEPT_PASSES)
        """Those that were begun, the newest last."""
        self.end_us: int | None = None
        """Where the medium ends for good, once that is decoded."""

    # --- what is played ---

    def take_picture(self, due_us: int) -> DecodedPicture | None:
        """The picture nearest to that moment, when it is newer than the last one taken."""
        return self.queues.take_picture(self.timeline.media_us_at(due_us) + _HALF_TICK_US)

    def take_sound(self, position: int, count: int) -> SoundBlock:
        """That stretch; silence, counted only where the decoder is late."""
        samples = np.zeros((2, count), np.float32)
        missing = 0
        for part in self.timeline.stretches(position, count):
            if part.media_position is None:
                continue
            target = samples[:, part.offset : part.offset + part.count]
            given = self.queues.take_sound(part.media_position, target)
            if self.end_us is None:
                missing += max(0, part.count - given)
        return SoundBlock(samples, missing)

    def state(self) -> MediaState:
        media_us = self.timeline.media_us_at(self._clock.now_us())
        if self.end_us is not None:
            media_us = min(media_us, self.end_us)
        start = next((start for start in reversed(self.passes) if start.media_us <= media_us), self.passes[0])
        position_us = max(0, media_us - start.offset_us)
        if self._duration_us is not None:
            position_us = min(position_us, self._duration_us)
        has_ended = self._has_ended()
        return MediaState(
            is_playing=self._is_playing and not has_ended,
            is_looping=self._is_looping,
            has_ended=has_ended,
            position_s=position_us / US_PER_S,
            duration_s=self._duration_us / US_PER_S if self._duration_us is not None else None,
        )

    # --- control ---

    def play(self) -> None:
        if self._has_ended():
            self.seek(0)
        self._is_playing = True
        if not self.is_held and not self.timeline.is_running:
            self.timeline.set_running(self._next_tick(), is_running=True)

    def pause(self) -> None:
        self._is_playing = False
        if not self.is_held and self.timeline.is_running:
            self.timeline.set_running(self._next_tick(), is_running=False)

    def set_looping(self, is_looping: bool) -> None:
        if is_looping == self._is_looping:
            return
        self._is_looping = is_looping
        if not is_looping:
            self._end_with_this_pass()
        elif self.end_us is not None and not self._has_ended():
            self._request = PassStart(0, self.end_us)
            self.end_us = None

    def seek(self, file_us: int) -> None:
        if self._duration_us is not None:
            file_us = min(file_us, self._duration_us)
        # The medium stands at once: what of it is already taken ahead is heard, the rest is not wanted any more.
        media_tick = self.timeline.set_running(first_tick_from(self._clock.now_us()), is_running=False)
        self.is_held = True
        self.end_us = None
        self.queues.clear_pictures()
        self.queues.clear_sounds()
        self._request = PassStart(file_us, tick_to_us(media_tick))
        self.generation += 1

    # --- the decoder ---

    @property
    def is_pass_wanted(self) -> bool:
        """Whether something is to be decoded next."""
        return self._request is not None

    def let_go(self) -> None:
        """Enough is decoded: go on, after the beginning or a seek."""
        self.is_held = False
        if self._is_playing:
            self.timeline.set_running(self._next_tick(), is_running=True)

    def end_pass(self, end_us: int) -> None:
        """All of the file is decoded; in the medium it ends there."""
        if self._is_looping:
            self._request = PassStart(0, end_us)
        else:
            self.end_us = end_us
        if self.is_held:  # what is left of the file is short
            self.let_go()

    def begin_pass(self) -> PassStart:
        """What is to be decoded next, and is no longer asked for then."""
        start, self._request = self._request, None
        assert start is not None
        self.passes.append(start)
        return start

    # --- inside ---

    def _next_tick(self) -> int:
        return first_tick_from(self._clock.now_us() + _LEAD_US)

    def _has_ended(self) -> bool:
        return self.end_us is not None and self.timeline.media_us_at(self._clock.now_us()) >= self.end_us

    def _end_with_this_pass(self) -> None:
        """Not to loop any more: if the next pass is already being decoded, it is not wanted."""
        now_us = self.timeline.media_us_at(self._clock.now_us() + _LEAD_US)
        ahead = [start for start in (*self.passes, self._request) if start is not None and start.file_us == 0]
        following = next((start for start in ahead if start.media_us > now_us), None)
        if following is not None:
            self.queues.drop_from(following.media_us)
            self.end_us = following.media_us
            self._request = None
            self.generation += 1
