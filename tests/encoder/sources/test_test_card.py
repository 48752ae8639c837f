"""The test card: moves, tells the time to machines at every quality, flashes in step with the tone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from encoder.clock import tick_to_sample, tick_to_us
from encoder.picture import FrameShape, PictureSize, planes_of
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard, flash_box
from encoder.sources.tone import BEEP_S, Tone
from encoder.video_encoder import VideoEncoder
from gshop_studio.domain.quality import QUALITY_TABLE, Quality
from tests.encoder.ingest import Publication, Sample
from tests.encoder.media import decoded_pictures, time_code_of

SECOND = 1_800_000_000
"""A whole second of UTC."""


def luma(card: TestCard, at_us: int) -> np.ndarray:
    picture = card.picture_at(at_us)
    assert picture is not None
    return planes_of(picture.frame)[0]


@pytest.mark.parametrize("quality", list(Quality))
def test_the_time_code_is_read_after_encoding_and_decoding(quality: Quality) -> None:
    settings = QUALITY_TABLE[quality]
    card = TestCard(PictureSize(settings.width, settings.height))
    encoder = VideoEncoder(settings, ColourMatrix.BT601)
    publication = Publication(avc_configs=[encoder.config])
    first = SECOND * 30
    for tick in range(first, first + 20):
        picture = card.picture_at(tick_to_us(tick))
        assert picture is not None
        for packet in encoder.encode(picture.frame, tick):
            publication.pictures.append(Sample(packet.at_us // 1000, packet.is_keyframe, packet.payload))
    codes = [time_code_of(frame) for frame in decoded_pictures(publication)]
    assert codes == [tick_to_us(tick) // 1000 for tick in range(first, first + 20)]
    assert [sample.is_keyframe for sample in publication.pictures] == [True, *[False] * 19]


def test_flash_and_beep_begin_with_each_whole_second_and_last_as_long() -> None:
    size = PictureSize(640, 360)
    card, tone, box = TestCard(size), Tone(), flash_box(size)
    first = SECOND * 30
    for tick in range(first, first + 60):
        is_white = luma(card, tick_to_us(tick))[box.top + 4, box.left + 4] > 200
        sounds = np.abs(tone.read(tick_to_sample(tick), 1600).samples).max() > 0.05
        assert is_white == sounds == (tick % 30 < BEEP_S * 30)


def test_something_moves_in_every_picture() -> None:
    card = TestCard(PictureSize(640, 360))
    pictures = [luma(card, tick_to_us(SECOND * 30 + tick))[60:] for tick in range(10)]
    assert all((one != following).any() for one, following in pairwise(pictures))


def test_it_changes_its_size_while_it_is_on() -> None:
    card = TestCard(PictureSize(640, 360))
    card.reshape(FrameShape(PictureSize(1280, 720)))
    assert luma(card, 0).shape == (720, 1280)


@pytest.mark.parametrize("size", [PictureSize(360, 640), PictureSize(64, 36), PictureSize(720, 1280)])
def test_it_fits_portrait_and_tiny_pictures(size: PictureSize) -> None:
    assert luma(TestCard(size), SECOND * 1_000_000).shape == (size.height, size.width)
