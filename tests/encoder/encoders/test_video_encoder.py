"""One encoding that never pauses: stamps, keyframes, rate and effort on air, and falling back to x264."""

from __future__ import annotations

import time
from itertools import pairwise

import av
import pytest
from av.video.frame import PictureType

from encoder.clock import tick_to_us
from encoder.encoders.codec_context import open_context
from encoder.encoders.encoder_settings import SOFTWARE_ENCODER, Effort, EncoderSettings
from encoder.encoders.video_encoder import VideoEncoder
from encoder.encoders.watched_codec import FIRST_SILENCE_TICKS, MOST_IN_HAND, SILENCE_TICKS
from encoder.errors import EncoderError
from encoder.packets import MediaPacket
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.quality import QUALITY_TABLE, QualitySettings
from gshop_studio.engine_protocol import Fault
from gshop_studio.rtmp.sei import find_capture_us
from tests.encoder.encoders.pictures import FIRST_TICK, SETTINGS, AnnexBContext, HardwareStandIn, Pictures, decoded
from tests.support.processes import wait_until


def encoded(
    encoder: VideoEncoder, pictures: Pictures, count: int, *, first: int = 0, lag_us: int = 0
) -> list[MediaPacket]:
    packets = []
    for index in range(first, first + count):
        tick = FIRST_TICK + index
        packets += encoder.encode(pictures.at(index), tick, tick_to_us(tick) - lag_us)
    return packets


def kbps_of(packets: list[MediaPacket]) -> float:
    return sum(len(packet.payload) for packet in packets) * 8 * 30 / len(packets) / 1000


def test_a_keyframe_a_second_carries_its_configuration_and_when_it_was_captured() -> None:
    packets = encoded(VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures(), 65, lag_us=30_000)
    keyframes = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keyframes == [0, 30, 60]
    for index, packet in enumerate(packets):
        captured_us = tick_to_us(FIRST_TICK + index) - 30_000
        assert packet.at_us == captured_us
        assert bool(packet.config) == packet.is_keyframe
        assert find_capture_us(packet.payload, 4) == (captured_us if packet.is_keyframe else None)
        assert not packet.is_disposable
    frames = decoded(packets)
    assert len(frames) == 65, "the message disturbs no decoder"
    assert {PictureType(frame.pict_type) for frame in frames[1:30]} == {PictureType.P}


def test_without_a_capture_time_the_tick_counts() -> None:
    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT709)
    [packet] = encoder.encode(Pictures().at(0), FIRST_TICK)
    assert packet.at_us == tick_to_us(FIRST_TICK) == find_capture_us(packet.payload, 4)


def test_a_picture_shown_again_is_captured_when_its_stamp_says() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    captured_us = tick_to_us(FIRST_TICK) - 20_000
    packets = [encoder.encode(pictures.at(index), FIRST_TICK + index, captured_us)[0] for index in range(31)]
    assert find_capture_us(packets[0].payload, 4) == captured_us
    assert find_capture_us(packets[30].payload, 4) == packets[30].at_us == tick_to_us(FIRST_TICK + 30) - 20_000


def test_a_jump_of_the_capture_clock_never_turns_time_back() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    lags_us = [0, 199_000, 0, 150_000, -5_000_000, 5_000_000, 20_000]
    packets = [
        encoder.encode(pictures.at(index), FIRST_TICK + index, tick_to_us(FIRST_TICK + index) - lag_us)[0]
        for index, lag_us in enumerate(lags_us)
    ]
    assert all(after.at_us > before.at_us for before, after in pairwise(packets))


def test_a_keyframe_comes_when_asked_for() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    encoded(encoder, pictures, 10)
    encoder.request_keyframe()
    packets = encoded(encoder, pictures, 2, first=10)
    assert [packet.is_keyframe for packet in packets] == [True, False]


def test_the_rate_changes_within_a_second_and_without_a_new_configuration() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    before = encoded(encoder, pictures, 60)
    encoder.set_bitrate(150)
    encoded(encoder, pictures, 30, first=60)
    lowered = encoded(encoder, pictures, 60, first=90)
    encoder.set_bitrate(10_000)
    encoded(encoder, pictures, 30, first=150)
    raised = encoded(encoder, pictures, 60, first=180)
    assert 350 < kbps_of(before[30:]) < 650
    assert 75 < kbps_of(lowered) < 225
    assert 350 < kbps_of(raised) < 650, "never above the quality's own rate"
    assert {packet.config for packet in lowered + raised if packet.is_keyframe} == {before[0].config}


def test_a_lowered_rate_costs_no_more_than_half_a_second_of_the_old_one_besides() -> None:
    """The worst case: nothing moved, so that the buffer is full, and now that the uplink narrows all does."""
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    calm = pictures.at(0)
    for index in range(60):
        encoder.encode(calm, FIRST_TICK + index)
    encoder.set_bitrate(150)
    packets = encoded(encoder, pictures, 60, first=60)
    kilobits = sum(len(packet.payload) for packet in packets) * 8 / 1000
    assert kilobits < 1.1 * (2 * 150 + 0.5 * SETTINGS.video_kbps)


@pytest.mark.parametrize("quality", list(QUALITY_TABLE.values()), ids=lambda quality: f"{quality.height}p")
@pytest.mark.parametrize("is_portrait", [False, True])
def test_every_effort_needs_the_same_configuration(quality: QualitySettings, is_portrait: bool) -> None:
    width, height = (quality.height, quality.width) if is_portrait else (quality.width, quality.height)
    configs = {
        open_context(
            SOFTWARE_ENCODER, EncoderSettings(width, height, quality.video_kbps, ColourMatrix.BT601, effort)
        ).extradata
        for effort in Effort
    }
    assert len(configs) == 1


def test_less_effort_comes_with_a_keyframe_and_loses_no_picture() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    packets = encoded(encoder, pictures, 10)
    for first, effort in ((10, Effort.CHEAPEST), (70, Effort.CHEAPER), (130, Effort.NORMAL)):
        encoder.set_effort(effort)
        wait_until(lambda: encoder._successor is not None, what="the other context")
        packets += encoded(encoder, pictures, 60, first=first)
        assert encoder._successor is None, "taken over"
    assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == list(range(0, 190, 30))
    assert [packet.at_us for packet in packets] == [tick_to_us(FIRST_TICK + index) for index in range(190)]
    assert len({packet.config for packet in packets if packet.is_keyframe}) == 1
    assert len(decoded(packets)) == 190


def test_the_last_effort_asked_for_wins() -> None:
    encoder, pictures = VideoEncoder(SETTINGS, ColourMatrix.BT601), Pictures()
    packets = encoded(encoder, pictures, 5)
    for level in (1, 2, 1, 0, 2):
        encoder.set_effort(level)
    assert encoder.effort is Effort.CHEAPEST
    wait_until(lambda: encoder._successor is not None, what="the other context")
    assert len(decoded(packets + encoded(encoder, pictures, 60, first=5))) == 65


def test_an_encoder_that_is_not_there_is_replaced_at_once() -> None:
    notices: list[Fault] = []
    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT601, encoder_id="h264_nvenc", on_notice=notices.append)
    assert encoder.encoder_id == SOFTWARE_ENCODER
    assert [(notice.code, notice.params["encoder"]) for notice in notices] == [("encoder.fell_back", "NVIDIA NVENC")]
    assert encoded(encoder, Pictures(), 1)[0].config == encoder.config


@pytest.mark.parametrize("has_extradata", [True, False])
def test_a_hardware_encoder_gives_what_x264_gives(has_extradata: bool) -> None:
    opener = HardwareStandIn(1000, "", has_extradata=has_extradata)
    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT601, encoder_id="h264_test", opener=opener)
    packets = encoded(encoder, Pictures(), 70)
    encoder.close()
    assert encoder.encoder_id == "h264_test"
    assert packets[0].is_keyframe and packets[0].config[:1] == b"\x01"
    assert {packet.config for packet in packets if packet.is_keyframe} == {encoder.config}
    assert find_capture_us(packets[0].payload, 4) == tick_to_us(FIRST_TICK)
    assert len(decoded(packets)) == len(packets) >= 65


def test_a_hardware_encoder_that_fails_is_replaced_without_losing_a_picture() -> None:
    notices: list[Fault] = []
    encoder = VideoEncoder(
        SETTINGS,
        ColourMatrix.BT601,
        encoder_id="h264_test",
        on_notice=notices.append,
        opener=HardwareStandIn(40, "raise"),
    )
    packets = encoded(encoder, Pictures(), 80)
    stamps = [packet.at_us for packet in packets]
    assert sorted(set(stamps)) == stamps
    assert stamps == [tick_to_us(FIRST_TICK + index) for index in range(80)], "x264 encodes what was left undone"
    assert encoder.lost_pictures == 0
    first_by_x264 = next(index for index, packet in enumerate(packets) if packet.config not in (b"", packets[0].config))
    assert packets[first_by_x264].config == encoder.config
    assert len(decoded(packets)) == len(packets)
    assert encoder.encoder_id == SOFTWARE_ENCODER
    assert [(notice.code, notice.params["encoder"]) for notice in notices] == [("encoder.fell_back", "h264_test")]


@pytest.mark.parametrize("misbehaviour", ["nothing", "hang"])
def test_a_hardware_encoder_that_falls_silent_is_replaced_soon_without_losing_a_picture(misbehaviour: str) -> None:
    notices: list[Fault] = []
    opener = HardwareStandIn(10, misbehaviour)
    encoder = VideoEncoder(
        SETTINGS, ColourMatrix.BT601, encoder_id="h264_test", on_notice=notices.append, opener=opener
    )
    pictures = Pictures()
    packets, longest_s, behind = [], 0.0, []
    for index in range(80):
        frame = pictures.at(index)
        began_s = time.monotonic()
        packets += encoder.encode(frame, FIRST_TICK + index)
        longest_s = max(longest_s, time.monotonic() - began_s)
        behind.append(index + 1 - len(packets))
    opener.contexts[0].release()
    assert longest_s < 1.0, "the video loop never waits long"
    assert [notice.code for notice in notices] == ["encoder.fell_back"]
    assert [packet.at_us for packet in packets] == [tick_to_us(FIRST_TICK + index) for index in range(80)]
    assert max(behind) <= MOST_IN_HAND and behind[-1] == encoder.lost_pictures == 0
    assert all(after >= before - 1 for before, after in pairwise(behind)), "it catches up by one picture a tick"
    resumed = next(index for index, packet in enumerate(packets) if packet.config == encoder.config)
    assert packets[resumed].is_keyframe
    keyframes = [index - resumed for index, packet in enumerate(packets) if packet.is_keyframe and index >= resumed]
    assert keyframes == list(range(0, 80 - resumed, 30))
    assert len(decoded(packets)) == 80


def test_a_hardware_encoder_that_never_begins_gets_more_time_and_what_is_old_counts_as_lost() -> None:
    notices: list[Fault] = []
    opener = HardwareStandIn(0, "hang")
    encoder = VideoEncoder(
        SETTINGS, ColourMatrix.BT601, encoder_id="h264_test", on_notice=notices.append, opener=opener
    )
    pictures = Pictures()
    assert encoded(encoder, pictures, FIRST_SILENCE_TICKS - 1) == [] and not notices
    packets = encoded(encoder, pictures, 40, first=FIRST_SILENCE_TICKS - 1)
    opener.contexts[0].release()
    assert notices[0].params["reason"] == "no picture came out of it for 2.0 s"
    first = FIRST_SILENCE_TICKS - MOST_IN_HAND
    assert [packet.at_us for packet in packets] == [
        tick_to_us(FIRST_TICK + index) for index in range(first, FIRST_SILENCE_TICKS + 39)
    ]
    assert encoder.lost_pictures == first


def test_a_keyframe_asked_for_while_it_catches_up_comes_in_its_turn() -> None:
    opener = HardwareStandIn(10, "hang")
    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT601, encoder_id="h264_test", opener=opener)
    pictures = Pictures()
    silent_until = 10 + SILENCE_TICKS
    packets = encoded(encoder, pictures, silent_until + 5)
    encoder.request_keyframe()
    packets += encoded(encoder, pictures, 40, first=silent_until + 5)
    opener.contexts[0].release()
    assert packets[silent_until + 5].is_keyframe
    assert len(decoded(packets)) == len(packets) == silent_until + 45


def test_after_a_fall_back_rate_and_effort_are_as_asked() -> None:
    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT601, encoder_id="h264_test", opener=HardwareStandIn(5, "raise"))
    encoder.set_bitrate(150)
    encoder.set_effort(2)
    pictures = Pictures()
    encoded(encoder, pictures, 60)
    assert encoder.encoder_id == SOFTWARE_ENCODER
    assert 75 < kbps_of(encoded(encoder, pictures, 60, first=60)) < 225


def test_x264_failing_is_the_end() -> None:
    def opener(_: str, settings: EncoderSettings) -> av.VideoCodecContext:
        return AnnexBContext(settings, 1, "raise")  # type: ignore[return-value]

    encoder = VideoEncoder(SETTINGS, ColourMatrix.BT601, opener=opener)
    encoder.encode(Pictures().at(0), FIRST_TICK)
    with pytest.raises(EncoderError) as caught:
        encoder.encode(Pictures().at(1), FIRST_TICK + 1)
    assert caught.value.fault.code == "encoder.failed"
