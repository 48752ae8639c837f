"""What a media file has decoded ahead: two bounded queues. Guarded by the file's lock.

The decoder waits when they are full; nothing is dropped but what a seek makes useless, or what nobody reads.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import av
import numpy as np

from encoder.clock import us_to_sample
from encoder.picture import FrameShape
from encoder.sources.source import Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ

PICTURE_QUEUE_LIMIT = 8
"""Frames decoded ahead. The thread waits at the limit; nothing is dropped."""
BADLY_INTERLEAVED_PICTURE_LIMIT = 45
"""The limit while the sound's queue is nearly empty: the file keeps its sound far behind its picture."""
SOUND_QUEUE_LIMIT_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 2
BADLY_INTERLEAVED_SOUND_LIMIT_SAMPLES = 10 * AUDIO_SAMPLE_RATE_HZ
HUNGRY_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 5
_HUNGRY_PICTURES = 2


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A frame in its shape, and when it is due in the medium."""

    media_us: int
    frame: av.VideoFrame
    is_shared: bool
    shape: FrameShape


@dataclass(slots=True)
class _Sound:
    """Decoded sound, or a stretch of silence (`samples` is None) which belongs to the file."""

    position: int
    count: int
    samples: Samples | None


class MediaQueues:
    """Pictures and sound, by the medium's time."""

    def __init__(self) -> None:
        self.pictures: deque[DecodedPicture] = deque()
        self._sounds: deque[_Sound] = deque()
        self.queued_samples = 0

    def put_picture(self, picture: DecodedPicture) -> None:
        self.pictures.append(picture)

    def put_sound(self, position: int, count: int, samples: Samples | None) -> None:
        self._sounds.append(_Sound(position, count, samples))
        self.queued_samples += count

    def take_picture(self, media_us: int) -> DecodedPicture | None:
        """The newest picture of that moment or before; older ones are past."""
        newest = None
        while self.pictures and self.pictures[0].media_us <= media_us:
            newest = self.pictures.popleft()
        return newest

    def take_sound(self, position: int, target: Samples) -> int:
        """Fill `target` with the sound from that position on. Returns how many of its samples the file had."""
        count = int(target.shape[1])
        given = min(max(0, -position), count)  # before the file's beginning silence is what is right
        while self._sounds and self._sounds[0].position < position + count:
            sound = self._sounds[0]
            begin, end = max(position, sound.position), min(position + count, sound.position + sound.count)
            if end > begin:
                if sound.samples is not None:
                    offset = begin - sound.position
                    np.copyto(
                        target[:, begin - position : end - position], sound.samples[:, offset : offset + end - begin]
                    )
                given += end - begin
            if sound.position + sound.count > position + count:
                break
            self._sounds.popleft()
            self.queued_samples -= sound.count
        return given

    def clear_pictures(self) -> None:
        self.pictures.clear()

    def clear_sounds(self) -> None:
        self._sounds.clear()
        self.queued_samples = 0

    def drop_from(self, media_us: int) -> None:
        """Forget what is due at that moment or later."""
        while self.pictures and self.pictures[-1].media_us >= media_us:
            self.pictures.pop()
        position = us_to_sample(media_us)
        while self._sounds and self._sounds[-1].position >= position:
            self.queued_samples -= self._sounds.pop().count

    def has_room(self, *, has_pictures: bool, has_sound: bool) -> bool:
        """Whether more may be decoded. A face that is closed is not read any more: what is there for it is dropped."""
        if not has_sound:
            self.clear_sounds()
        if not has_pictures:
            self.clear_pictures()
        is_sound_hungry = has_sound and self.queued_samples < HUNGRY_SAMPLES
        is_picture_hungry = has_pictures and len(self.pictures) < _HUNGRY_PICTURES
        picture_limit = BADLY_INTERLEAVED_PICTURE_LIMIT if is_sound_hungry else PICTURE_QUEUE_LIMIT
        sound_limit = BADLY_INTERLEAVED_SOUND_LIMIT_SAMPLES if is_picture_hungry else SOUND_QUEUE_LIMIT_SAMPLES
        return len(self.pictures) < picture_limit and self.queued_samples < sound_limit
