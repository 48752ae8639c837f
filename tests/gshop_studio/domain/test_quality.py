"""The quality table, lying and upright."""

import pytest

from gshop_studio.domain.quality import QUALITY_TABLE, Orientation, Quality, settings_for


@pytest.mark.parametrize(
    ("quality", "width", "height"),
    [(Quality.P360, 360, 640), (Quality.P480, 480, 854), (Quality.P720, 720, 1280), (Quality.P1080, 1080, 1920)],
)
def test_each_quality_has_an_upright_version_at_the_same_bit_rates(quality: Quality, width: int, height: int) -> None:
    upright, lying = settings_for(quality, Orientation.PORTRAIT), QUALITY_TABLE[quality]
    assert (upright.width, upright.height) == (width, height)
    assert (upright.video_kbps, upright.audio_kbps) == (lying.video_kbps, lying.audio_kbps)


@pytest.mark.parametrize("quality", list(Quality))
def test_lying_is_the_table(quality: Quality) -> None:
    assert settings_for(quality) == QUALITY_TABLE[quality]
