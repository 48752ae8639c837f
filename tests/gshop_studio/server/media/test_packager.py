"""Remuxing of publishers' media, of every shape, into segments that decode without a complaint."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby, pairwise

import pytest

from gshop_studio.rtmp import RtmpError, build_capture_sei, flv, insert_into
from gshop_studio.rtmp.flv import AudioTag, VideoTag
from gshop_studio.server.media.embedded.limits import SegmentLimits
from gshop_studio.server.media.embedded.media_clock import ArrivalClock, CaptureClock
from gshop_studio.server.media.embedded.packager import EPOCH_MS, Packager
from gshop_studio.server.media.embedded.segment import Segment
from tests.gshop_studio.server.media.footage import Shape, Tag, encode, shifted
from tests.gshop_studio.server.media.mp4 import Decoded, decode

NOW_MS = EPOCH_MS + 86_400_000
UPLINK_MS = 40
LIMITS = SegmentLimits()


def new_packager(*, limits: SegmentLimits = LIMITS, starts_after_ticks: int = 0) -> Packager:
    return Packager(ArrivalClock(), limits, starts_after_ticks=starts_after_ticks)


def feed(packager: Packager, tags: Sequence[Tag], *, began_ms: float = NOW_MS) -> list[Segment]:
    segments = []
    for one in tags:
        if isinstance(one.tag, VideoTag):
            segments += packager.receive_video(one.timestamp_ms, one.tag, began_ms + one.timestamp_ms + UPLINK_MS)
        else:
            segments += packager.receive_audio(one.timestamp_ms, one.tag)
    return segments


def package(tags: Sequence[Tag], *, fps: float | None = None, limits: SegmentLimits = LIMITS) -> list[Segment]:
    packager = new_packager(limits=limits)
    packager.receive_metadata({"framerate": fps} if fps else {})
    return feed(packager, tags) + packager.finish()


def play(segments: Sequence[Segment]) -> Decoded:
    assert len({segment.init.data for segment in segments}) == 1
    return decode(segments[0].init.data, [segment.data for segment in segments])


def video_only(tags: Sequence[Tag]) -> list[Tag]:
    return [one for one in tags if isinstance(one.tag, VideoTag)]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(b_frames=2),
        Shape(b_frames=2, fps=Fraction(25), gop=25),
        Shape(layout=None),
        Shape(layout="5.1"),
        Shape(layout="mono", sample_rate_hz=44100),
        Shape(fps=Fraction(30000, 1001), gop=30),
        Shape(fps=Fraction(60), gop=60),
        Shape(fps=Fraction(24000, 1001), gop=24),
        Shape(fps=Fraction(15), gop=15),
    ],
    ids=lambda shape: f"{float(shape.fps):.2f}fps-b{shape.b_frames}-{shape.layout}-{shape.sample_rate_hz}",
)
def test_any_shape_is_cut_at_keyframes_and_decodes_whole(shape: Shape) -> None:
    tags = encode(shape)
    segments = package(tags, fps=float(shape.fps))
    frame_s = float(1 / shape.fps)

    for segment in segments[:-1]:
        assert segment.duration_s == pytest.approx(shape.gop * frame_s, abs=0.0015)
        assert segment.starts_with_keyframe
    assert [segment.is_discontinuity for segment in segments] == [True] + [False] * (len(segments) - 1)
    decoded = play(segments)
    assert decoded.complaints == []
    assert len(decoded.video_pts_s) == round(shape.duration_s * shape.fps)
    assert (decoded.width, decoded.height) == (shape.width, shape.height)
    steps = {float(b - a) for a, b in pairwise(decoded.video_pts_s)}
    assert max(steps) - min(steps) < 0.00002, "milliseconds are snapped to the frame grid"
    if shape.layout:
        assert decoded.channels == {"stereo": 2, "mono": 1, "5.1": 6}[shape.layout]
        sound = [one for one in tags if isinstance(one.tag, AudioTag)][1:]
        assert decoded.audio_samples >= (len(sound) - 1) * 1024
        sound_steps = {round((b - a) * shape.sample_rate_hz) for a, b in pairwise(decoded.audio_pts_s)}
        assert sound_steps == {1024}, "sound counts its samples"
        assert abs(decoded.audio_pts_s[0] - decoded.video_pts_s[0]) <= 3 * frame_s
    else:
        assert decoded.audio_pts_s == []


def test_each_segment_decodes_by_itself() -> None:
    for segment in package(encode(Shape(b_frames=2)), fps=30):
        decoded = decode(segment.init.data, [segment.data])
        assert decoded.complaints == []
        assert len(decoded.video_pts_s) == 30


def test_an_unknown_frame_rate_follows_the_stamps() -> None:
    segments = package(encode())
    decoded = play(segments)
    assert decoded.complaints == []
    assert {round((b - a) * 1000) for a, b in pairwise(decoded.video_pts_s)} == {33, 34}
    assert sum(segment.duration_s for segment in segments) == pytest.approx(4, abs=0.01)


def test_a_wrong_frame_rate_does_not_bend_time() -> None:
    segments = package(encode(), fps=50)
    assert sum(segment.duration_s for segment in segments) == pytest.approx(4, abs=0.03)
    assert play(segments).complaints == []


def test_short_gops_are_joined_to_segments_of_about_a_second() -> None:
    segments = package(encode(Shape(gop=10)), fps=30)
    assert [segment.duration_s for segment in segments] == pytest.approx([1, 1, 1, 1], abs=0.01)


def test_a_gop_of_ten_seconds_is_one_segment() -> None:
    segments = package(encode(Shape(duration_s=21, fps=Fraction(10), gop=100)), fps=10)
    assert [segment.duration_s for segment in segments] == pytest.approx([10, 10, 1], abs=0.01)
    assert play(segments).complaints == []


def test_without_keyframes_a_segment_still_ends() -> None:
    limits = SegmentLimits(max_s=1.5)
    segments = package(encode(Shape(duration_s=6, gop=1000)), fps=30, limits=limits)
    assert max(segment.duration_s for segment in segments) <= 1.6
    assert [segment.starts_with_keyframe for segment in segments][:2] == [True, False]
    assert play(segments).complaints == []


def test_a_segment_has_a_size_limit() -> None:
    """Case 56: what waits for a keyframe is bounded."""
    limits = SegmentLimits(max_bytes=4000)
    segments = package(encode(Shape(duration_s=6, gop=1000)), fps=30, limits=limits)
    biggest_tag = max(len(one.tag.payload) for one in encode(Shape(duration_s=6, gop=1000)))
    assert max(len(segment.data) for segment in segments) < 4000 + biggest_tag + 8000
    assert len(segments) > 5


def test_media_before_the_first_keyframe_is_left_out() -> None:
    tags = encode()
    configs, media = tags[:2], tags[2:]
    late = [one for one in media if one.timestamp_ms >= 500]
    segments = package([*configs, *late], fps=30)
    assert [segment.duration_s for segment in segments] == pytest.approx([1, 1, 1], abs=0.01)
    assert play(segments).complaints == []


def test_program_time_advances_with_the_media_and_is_that_of_the_earliest_sample() -> None:
    segments = package(encode(), fps=30)
    expected = [NOW_MS + UPLINK_MS + 1000 * number for number in range(4)]
    # Sound cut at a picture begins up to one frame of sound later or earlier than the picture.
    assert [segment.program_time_ms for segment in segments] == pytest.approx(expected, abs=25)


def test_program_time_of_b_frames_is_that_of_the_picture_shown_first() -> None:
    with_b = package(video_only(encode(Shape(b_frames=2))), fps=30)
    without = package(video_only(encode()), fps=30)
    shift_ms = [b.program_time_ms - a.program_time_ms for a, b in zip(without, with_b, strict=True)]
    assert max(shift_ms) - min(shift_ms) <= 1
    assert 0 < shift_ms[0] <= 100


def test_sound_keeps_with_the_picture_over_hours() -> None:
    """Case 54: time stamps beyond 2**32 are just larger."""
    packager = new_packager()
    packager.receive_metadata({"framerate": 30})
    segments = feed(packager, shifted(encode(), 5_000_000_000), began_ms=NOW_MS - 5_000_000_000)
    decoded = play(segments + packager.finish())
    assert decoded.complaints == []
    assert abs(decoded.audio_pts_s[0] - decoded.video_pts_s[0]) < 0.03


@pytest.mark.parametrize(("layout", "tolerance_ms"), [(None, 2), ("stereo", 25)])
def test_program_time_is_that_of_capture_however_late_and_in_bursts_the_frames_arrive(
    layout: str | None, tolerance_ms: float
) -> None:
    """The engine's clock is an hour ahead; the uplink stalls for most of each second from the second one on."""
    ahead_ms = 3_600_000
    packager = Packager(CaptureClock(), LIMITS)
    packager.receive_metadata({"framerate": 30})
    segments = []
    for one in encode(Shape(duration_s=8.0, layout=layout)):
        if isinstance(one.tag, AudioTag):
            segments += packager.receive_audio(one.timestamp_ms, one.tag)
            continue
        tag = one.tag
        if tag.is_keyframe and not tag.is_config:
            sei = build_capture_sei((NOW_MS + ahead_ms + one.timestamp_ms) * 1000)
            unit = insert_into(tag.payload, sei)
            tag = flv.parse_video(flv.build_avc_frame(unit, is_keyframe=True, composition_ms=0))
        stall_ms = 0 if one.timestamp_ms < 1000 else 900 - one.timestamp_ms % 900
        segments += packager.receive_video(one.timestamp_ms, tag, NOW_MS + one.timestamp_ms + UPLINK_MS + stall_ms)
    segments += packager.finish()
    assert len(segments) == 8
    expected = [NOW_MS + UPLINK_MS + 1000 * number for number in range(8)]
    # Sound cut at a picture begins up to one frame of sound earlier than the picture.
    assert [segment.program_time_ms for segment in segments] == pytest.approx(expected, abs=tolerance_ms)
    assert play(segments).complaints == [], "no decoder minds"


@pytest.mark.parametrize("jump_ms", [-3_000, -3_600_000, 20_000, 3_600_000])
def test_a_jump_of_time_stamps_is_a_discontinuity(jump_ms: int) -> None:
    """Case 54: time stamps that go backwards, or leap."""
    tags = encode()
    start_ms = 4_000_000
    packager = new_packager()
    packager.receive_metadata({"framerate": 30})
    segments = feed(packager, shifted(tags, start_ms))
    segments += feed(packager, shifted(tags[2:], start_ms + 4_000 + jump_ms), began_ms=NOW_MS - jump_ms)
    segments += packager.finish()

    assert sum(segment.is_discontinuity for segment in segments) == 2
    assert sum(segment.duration_s for segment in segments) == pytest.approx(8, abs=0.1)
    decoded = play(segments)
    assert decoded.complaints == []
    assert all(a < b for a, b in pairwise(decoded.video_pts_s)), "media time never goes backwards"
    assert all(a < b for a, b in pairwise(decoded.audio_pts_s))


def test_repeated_and_crawling_time_stamps_stay_in_order() -> None:
    """Case 54."""
    tags = [Tag(one.timestamp_ms // 500 * 500, one.tag) for one in encode()]
    decoded = play(package(tags, fps=30))
    assert all(a < b for a, b in pairwise(decoded.video_pts_s))
    assert all(a < b for a, b in pairwise(decoded.audio_pts_s))


def test_sound_far_from_the_picture_is_dropped_and_the_show_goes_on() -> None:
    """Case 54: one track's time stamps are mad, the other's are not."""
    tags = [Tag(one.timestamp_ms + 90_000_000, one.tag) if isinstance(one.tag, AudioTag) else one for one in encode()]
    segments = package(tags, fps=30)
    decoded = play(segments)
    assert len(decoded.video_pts_s) == 120
    assert decoded.audio_pts_s == []


def test_sound_flooded_at_one_moment_is_bounded() -> None:
    """Case 56."""
    tags = encode()
    frame = next(one.tag for one in tags[2:] if isinstance(one.tag, AudioTag))
    packager = new_packager()
    feed(packager, tags[:20])
    for _ in range(10_000):
        packager.receive_audio(100, frame) if isinstance(frame, AudioTag) else None
    assert packager.ignored_audio_frames > 9_900


def test_a_pause_of_the_sound_leaves_a_gap_not_a_shift() -> None:
    tags = [
        one for one in encode() if not isinstance(one.tag, AudioTag) or one.tag.is_config
        or not 1000 < one.timestamp_ms < 2000
    ]  # fmt: skip
    decoded = play(package(tags, fps=30))
    gap_s = max(b - a for a, b in pairwise(decoded.audio_pts_s))
    assert 0.95 < gap_s < 1.05
    assert decoded.audio_pts_s[-1] == pytest.approx(decoded.video_pts_s[-1], abs=0.1)


def test_a_changed_picture_configuration_gets_an_init_segment_of_its_own() -> None:
    """Case 55: the codec's configuration changes in mid-stream."""
    first, second = encode(), encode(Shape(width=320, height=192))
    tags = [*first, *shifted(second, 4000)]
    segments = package(tags, fps=30)
    runs = [list(run) for _, run in groupby(segments, key=lambda segment: segment.init.data)]
    assert [len(run) for run in runs] == [4, 4]
    assert runs[1][0].is_discontinuity and not runs[1][1].is_discontinuity
    assert [play(run).width for run in runs] == [160, 320]
    assert all(play(run).complaints == [] for run in runs)


def test_sound_that_begins_later_joins_at_the_next_keyframe() -> None:
    tags = encode()
    late = [one for one in tags if isinstance(one.tag, VideoTag) or one.timestamp_ms >= 1500]
    config = next(one for one in tags if isinstance(one.tag, AudioTag))
    at = next(index for index, one in enumerate(late) if one.timestamp_ms >= 1500)
    late[at:at] = [Tag(1500, config.tag)]
    segments = package(late, fps=30)
    runs = [list(run) for _, run in groupby(segments, key=lambda segment: segment.init.codecs)]
    assert [run[0].init.codecs.count(",") for run in runs] == [0, 1]
    assert play(runs[1]).channels == 2


def test_a_repeated_configuration_changes_nothing() -> None:
    tags = encode()
    again = [*tags[:60], tags[0], tags[1], *tags[60:]]
    assert [s.data for s in package(again, fps=30)] == [s.data for s in package(tags, fps=30)]


def test_a_publisher_that_comes_back_goes_on_after_the_last_one() -> None:
    """Case 61: after a reconnect media time goes on, whatever the publisher's stamps and the wall clock say."""
    first = new_packager()
    segments = feed(first, encode()) + first.finish()
    second = new_packager(starts_after_ticks=first.end_ticks)
    segments += feed(second, encode(), began_ms=NOW_MS - 3_600_000) + second.finish()
    decoded = play(segments)
    assert decoded.complaints == []
    assert all(a < b for a, b in pairwise(decoded.video_pts_s))
    assert [segment.is_discontinuity for segment in segments].count(True) == 2


@pytest.mark.parametrize(
    "record",
    [
        b"", b"\0" * 40, b"\x01d\0\x1f\xff\xe1\xff\xff", bytes([1, 100, 0, 31, 0xFF, 0xE0, 0]), b"\x01" * 200,
        bytes([1, 100, 0, 31, 0xFE, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68]), b"\xff" * 8000,
    ],
)  # fmt: skip
def test_a_bad_picture_configuration_is_refused(record: bytes) -> None:
    """Case 55."""
    packager = new_packager()
    with pytest.raises(RtmpError):
        packager.receive_video(0, flv.parse_video(flv.build_avc_config(record)), NOW_MS)


@pytest.mark.parametrize("record", [b"", b"\x11", b"\0\0", b"\xff" * 8, b"\x17\x80\0\0"])
def test_a_bad_sound_configuration_is_refused(record: bytes) -> None:
    """Case 55."""
    packager = new_packager()
    with pytest.raises(RtmpError):
        packager.receive_audio(0, flv.parse_audio(flv.build_aac_config(record)))


@pytest.mark.parametrize(
    "payload", [b"", b"\0\0\0\0", b"\0\0\0\x09abc", b"\xff\xff\xff\xffabc", b"\0\0", b"\0\0\0\x01a\0\0\0\0"]
)
def test_a_broken_picture_is_refused(payload: bytes) -> None:
    """Case 55: zero-length NAL units and lengths beyond the end."""
    packager = new_packager()
    feed(packager, encode()[:10])
    tag = flv.parse_video(flv.build_avc_frame(payload, is_keyframe=False, composition_ms=0))
    with pytest.raises(RtmpError):
        packager.receive_video(400, tag, NOW_MS)
    assert len(packager.finish()) == 1, "what came before it is still good"


def test_a_picture_without_its_configuration_is_refused() -> None:
    """Case 55."""
    packager = new_packager()
    with pytest.raises(RtmpError):
        feed(packager, video_only(encode())[1:])
