"""The replay buffer: what is kept, what is forgotten, and the clip that is written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.audio_encoder import BLOCK_SAMPLES, AudioEncoder
from encoder.clock import tick_to_us, us_to_sample
from encoder.encoders.video_encoder import VideoEncoder
from encoder.errors import EngineError
from encoder.interleaver import Interleaver
from encoder.outputs.replay import ReplayBuffer
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from encoder.picture import PictureSize
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard
from encoder.sources.tone import Tone
from gshop_studio.domain.quality import Quality, settings_for
from tests.encoder.media import time_code_of

_START_TICK = 51_000_000_000
_STREAM = StreamFormat(640, 360, 600, 64, b"", b"")


def packet(at_us: int, kind: PacketKind = PacketKind.VIDEO, is_keyframe: bool = False) -> MediaPacket:
    return MediaPacket(kind, at_us, is_keyframe or kind is PacketKind.AUDIO, b"x")


def encoded(seconds: int) -> tuple[StreamFormat, list[MediaPacket]]:
    settings = settings_for(Quality.P360)
    video, audio = VideoEncoder(settings, ColourMatrix.BT601), AudioEncoder(settings.audio_kbps)
    card, tone, order = TestCard(PictureSize(settings.width, settings.height)), Tone(), Interleaver()
    packets: list[MediaPacket] = []
    position = us_to_sample(tick_to_us(_START_TICK))
    for tick in range(_START_TICK, _START_TICK + seconds * 30):
        picture = card.picture_at(tick_to_us(tick))
        assert picture is not None
        for made in video.encode(picture.frame, tick, picture.captured_us):
            packets += order.put(made)
        while position < us_to_sample(tick_to_us(tick + 1)):
            for made in audio.encode(tone.read(position, BLOCK_SAMPLES).samples.copy(), position):
                packets += order.put(made)
            position += BLOCK_SAMPLES
    stream = StreamFormat(
        settings.width, settings.height, settings.video_kbps, settings.audio_kbps, video.config, audio.config
    )
    return stream, packets


async def test_a_clip_holds_the_last_seconds_as_they_were(tmp_path: Path) -> None:
    stream, packets = encoded(9)
    replay = ReplayBuffer(6.0)
    for one in packets:
        replay.offer(one)
    assert 6.0 <= replay.held_s < 8.0
    path = await replay.save(tmp_path, "goal", stream, 5.0)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    codes = [time_code_of(frame) for frame in frames]
    assert 150 <= len(frames) < 185, "five seconds, from a keyframe on"
    assert all(earlier and later and 32 <= later - earlier <= 34 for earlier, later in pairwise(codes))
    assert codes[-1] is not None and abs(codes[-1] - packets[-1].at_us / 1000) < 200, "up to now"
    again = await replay.save(tmp_path, "goal", stream)
    assert again != path, "nothing is written over"


async def test_nothing_is_kept_until_it_is_asked_for(tmp_path: Path) -> None:
    replay = ReplayBuffer()
    replay.offer(packet(0, is_keyframe=True))
    with pytest.raises(EngineError) as refused:
        await replay.save(tmp_path, "x", _STREAM)
    assert refused.value.fault.code == "replay.empty"


async def test_a_clip_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    stream, packets = encoded(1)
    replay = ReplayBuffer(30)
    for one in packets:
        replay.offer(one)
    with pytest.raises(EngineError) as refused:
        await replay.save(tmp_path / "no" / "such", "x", stream)
    assert refused.value.fault.code == "recording.failed"


@given(st.lists(st.tuples(st.integers(1, 400_000), st.sampled_from("kpa")), max_size=200))
def test_what_is_kept_begins_with_a_keyframe_and_is_bounded(steps: list[tuple[int, str]]) -> None:
    replay, at_us, longest_gap_us, last_key_us = ReplayBuffer(5.0), 0, 0, 0
    for gap_us, kind in steps:
        at_us += gap_us
        if kind == "k":
            last_key_us = at_us
        longest_gap_us = max(longest_gap_us, at_us - last_key_us)
        replay.offer(packet(at_us, PacketKind.AUDIO if kind == "a" else PacketKind.VIDEO, kind == "k"))
        held = list(replay._packets)
        assert not held or (held[0].kind is PacketKind.VIDEO and held[0].is_keyframe)
        assert replay.held_s * 1e6 <= 5e6 + 2 * longest_gap_us + 400_000
