"""The test card: moves, tells the time to machines at every quality, flashes in step with the tone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from encoder.clock import tick_to_sample, tick_to_us
from encoder.encoders.video_encoder import VideoEncoder
from encoder.flash_and_beep import FlashDetector
from encoder.picture import Crop, FrameShape, PictureSize, planes_of
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard, flash_box
from encoder.sources.tone import BEEP_S, Tone
from gshop_studio.domain.quality import Orientation, Quality, settings_for
from tests.encoder.ingest import Publication, Sample
from tests.encoder.media import decoded_pictures, time_code_of

SECOND = 1_800_000_000
"""A whole second of UTC."""


def luma(card: TestCard, at_us: int) -> np.ndarray:
    picture = card.picture_at(at_us)
    assert picture is not None
    return planes_of(picture.frame)[0]


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize("quality", list(Quality))
def test_the_time_code_is_read_after_encoding_and_decoding(quality: Quality, orientation: Orientation) -> None:
    settings = settings_for(quality, orientation)
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


@pytest.mark.parametrize("size", [PictureSize(640, 360), PictureSize(360, 640)])
def test_flash_and_beep_begin_with_each_whole_second_and_last_as_long(size: PictureSize) -> None:
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


@pytest.mark.parametrize("size", [PictureSize(640, 360), PictureSize(360, 640), PictureSize(720, 1280)])
def test_the_flashes_are_found_lying_and_upright(size: PictureSize) -> None:
    card, detector = TestCard(size), FlashDetector()
    found: list[float] = []
    for tick in range(SECOND * 30 - 5, SECOND * 30 + 65):
        picture = card.picture_at(tick_to_us(tick))
        assert picture is not None
        found += detector.add(picture.frame, tick / 30)
    assert found == pytest.approx([SECOND, SECOND + 1, SECOND + 2])


def test_it_is_cropped_and_mirrored_like_any_source() -> None:
    size = PictureSize(640, 360)
    whole, at_us = TestCard(size), SECOND * 1_000_000
    mirrored = TestCard(size)
    mirrored.reshape(FrameShape(size, is_mirrored=True))
    assert (luma(mirrored, at_us) == luma(whole, at_us)[:, ::-1]).all()
    close = TestCard(size)
    close.reshape(FrameShape(size, crop=Crop(left=0.5, top=0.5)))
    assert luma(close, at_us).shape == (360, 640)
    assert luma(close, at_us)[-4:, -4:].mean() == pytest.approx(luma(whole, at_us)[-2:, -2:].mean(), abs=3)
