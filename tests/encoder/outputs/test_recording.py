"""Recording to a file: what is in it, its parts, and what happens when the disk does not go along."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.errors import EngineError
from encoder.outputs.disk_guard import DiskGuard, DiskRoom, default_reserve_bytes
from encoder.outputs.leftovers import read_programme_start
from encoder.outputs.part_names import plain_name
from encoder.outputs.recording import Recording, RecordingLimits
from encoder.outputs.recording_file import RecordingFile
from encoder.outputs.recording_queue import QueueLimits, RecordingQueue
from encoder.outputs.recording_states import TRANSITIONS, RecordingState, RecordingTrigger
from encoder.packets import MediaPacket, PacketKind
from gshop_studio.engine_protocol import Fault
from gshop_studio.rtmp.sei import find_capture_us
from tests.encoder.media import offsets_ms
from tests.encoder.outputs.recorded import (
    START_US,
    Footage,
    footage,
    is_ordinary,
    pictures_in,
    play,
    sounds_in,
    top_boxes,
)

GENEROUS = RecordingLimits(start_s=30.0, stop_s=30.0)
MIB = 1024 * 1024


class Ears:
    """Hears what a recording says."""

    def __init__(self) -> None:
        self.ended: list[Fault] = []
        self.notices: list[Fault] = []

    async def start(self, recording: Recording, shown: Footage) -> Path:
        return await recording.start(shown.stream, on_ended=self.ended.append, on_notice=self.notices.append)


async def until(condition: asyncio.Event | threading.Event | object, *, timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not (condition.is_set() if isinstance(condition, threading.Event) else condition()):  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def record(folder: Path, packets: Sequence[MediaPacket], name: str = "show", seconds: int = 6) -> list[Path]:
    recording = Recording(folder, name, limits=GENEROUS)
    await Ears().start(recording, footage(seconds))
    for packet in packets:
        recording.offer(packet)
    return await recording.stop()


# --- what is in the file ---


async def test_a_recording_is_an_ordinary_file_with_every_picture_and_sound_at_its_time(tmp_path: Path) -> None:
    shown = footage()
    [path] = await record(tmp_path, shown.packets)
    assert path == tmp_path / "show.mp4"
    assert is_ordinary(path)
    played = play(path)
    pictures, sounds = pictures_in(shown.packets), [one for one in sounds_in(shown.packets) if one.at_us >= START_US]
    assert played.picture_times_ms == [round((one.at_us - START_US) / 1000) for one in pictures]
    times_ms = [round((one.at_us - START_US) / 1000) for one in sounds]
    assert all(abs(ours - its) <= 1 for ours, its in zip(played.sound_times_ms, times_ms, strict=True))
    assert 0 < times_ms[0] < 22, "sound is cut at the first keyframe, and not moved to it"
    assert played.duration_s == pytest.approx(6.0, abs=0.05)


async def test_flashes_and_beeps_stay_together(tmp_path: Path) -> None:
    [path] = await record(tmp_path, footage().packets)
    played = play(path)
    offsets = offsets_ms(played.pictures, played.sounds)
    assert len(offsets) >= 4
    assert max(map(abs, offsets)) < 5


async def test_it_begins_with_a_keyframe(tmp_path: Path) -> None:
    packets = footage().packets
    [path] = await record(tmp_path, packets[packets.index(pictures_in(packets)[10]) :])
    played = play(path)
    assert len(played.pictures) == 5 * 30
    assert played.picture_times_ms[0] == 0
    assert read_programme_start(path) == START_US + 1_000_000


async def test_a_player_can_seek(tmp_path: Path) -> None:
    [path] = await record(tmp_path, footage().packets)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.frames == 180
        container.seek(4 * 90_000 + 100, stream=stream)
        first = next(container.decode(stream))
        assert first.pts == 4 * 90_000


async def test_its_beginning_in_utc_is_kept_to_the_microsecond(tmp_path: Path) -> None:
    packets = [
        MediaPacket(one.kind, one.at_us + 123_457, one.is_keyframe, one.payload, one.config)
        for one in footage().packets
    ]
    [path] = await record(tmp_path, packets)
    assert read_programme_start(path) == START_US + 123_457
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == "Programme start: 2023-11-14T22:13:20.123457Z"
        assert container.metadata["creation_time"] == "2023-11-14T22:13:20.000000Z"
        keyframe = next(container.demux(video=0))
        assert find_capture_us(bytes(keyframe), 4) == START_US, "and the capture time is still inside"


async def test_while_it_is_written_it_plays_up_to_the_last_second(tmp_path: Path) -> None:
    shown = footage()
    recording = Recording(tmp_path, "show", limits=GENEROUS)
    path = await Ears().start(recording, shown)
    for packet in shown.packets:
        recording.offer(packet)
    await until(lambda: top_boxes(path).count("moof") >= 5)
    so_far = tmp_path / "so far.mp4"
    shutil.copy(path, so_far)
    assert len(play(so_far).pictures) >= 5 * 30
    assert read_programme_start(so_far) == START_US
    assert recording.status().is_running and recording.status().duration_s > 5.9
    await recording.stop()
    status = recording.status()
    assert not status.is_running and status.paths == (str(path),) and status.fault is None
    assert status.bytes_written == path.stat().st_size
    assert status.free_bytes is not None and status.free_bytes > 0


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
async def test_others_find_nothing_wrong_with_it(tmp_path: Path) -> None:
    [path] = await record(tmp_path, footage().packets)
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-show_frames", "-show_streams", "-of", "csv", str(path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.count("frame,video") == 180


async def test_without_pictures_nothing_is_left_behind(tmp_path: Path) -> None:
    assert await record(tmp_path, sounds_in(footage().packets)) == []
    assert list(tmp_path.iterdir()) == []


async def test_without_sound_the_picture_is_recorded(tmp_path: Path) -> None:
    [path] = await record(tmp_path, pictures_in(footage().packets))
    played = play(path)
    assert (len(played.pictures), len(played.sounds)) == (180, 0)


# --- its parts ---


async def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "show.mp4").write_bytes(b"somebody's")
    first = await record(tmp_path, footage().packets)
    second = await record(tmp_path, footage().packets)
    assert [path.name for path in first + second] == ["show-part2.mp4", "show-part3.mp4"]
    assert (tmp_path / "show.mp4").read_bytes() == b"somebody's"
    assert is_ordinary(first[0]) and is_ordinary(second[0])


async def test_another_configuration_begins_another_part(tmp_path: Path) -> None:
    before, after = footage(2), footage(2, is_709=True)
    assert before.stream.avc_config != after.stream.avc_config
    later = [
        MediaPacket(one.kind, one.at_us + 2_000_000, one.is_keyframe, one.payload, one.config)
        for one in after.packets
        if one.at_us >= START_US
    ]
    paths = await record(tmp_path, [*before.packets, *later], seconds=2)
    assert [path.name for path in paths] == ["show.mp4", "show-part2.mp4"]
    assert [len(play(path).pictures) for path in paths] == [60, 60]
    assert read_programme_start(paths[1]) == START_US + 2_000_000


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Noche de ofertas: ¡todo!", "Noche de ofertas- ¡todo!"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..", "recording"),
        ("", "recording"),
        ("NUL", "_NUL"),
        ("a\x00b\n", "a-b-"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_show_may_have_any_title(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(st.text(max_size=300))
def test_a_title_is_always_one_file_name(name: str) -> None:
    plain = plain_name(name)
    assert plain and "/" not in plain and "\\" not in plain and plain not in (".", "..")
    assert len(f"{plain}-part9999.mp4".encode()) <= 255


# --- the disk ---


@pytest.mark.parametrize("place", ["a missing folder", "a file"])
async def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = tmp_path / "missing" / "folder" if place == "a missing folder" else tmp_path / "file" / "folder"
    recording = Recording(folder, "show", limits=GENEROUS)
    with pytest.raises(EngineError) as caught:
        await Ears().start(recording, footage())
    assert caught.value.fault.code == "recording.failed"
    assert caught.value.fault.params["path"] == str(folder)
    assert not recording.is_running and recording.status().fault == caught.value.fault


async def test_a_new_folder_is_made(tmp_path: Path) -> None:
    [path] = await record(tmp_path / "new", footage().packets)
    assert path.parent == tmp_path / "new"


async def test_a_full_disk_is_said_at_the_start(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, room=lambda folder: DiskRoom(1000 * MIB, 63 * MIB))
    recording = Recording(tmp_path, "show", limits=GENEROUS, guard=guard)
    with pytest.raises(EngineError) as caught:
        await Ears().start(recording, footage())
    assert caught.value.fault == Fault("recording.disk_full", {"path": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


async def test_it_stops_before_the_disk_is_full(tmp_path: Path) -> None:
    """Case 59: with a clear fault, and a file that is whole."""
    rooms = iter([500, 400, 300, 200, 100])
    guard = DiskGuard(tmp_path, reserve_bytes=150 * MIB, room=lambda folder: DiskRoom(1000 * MIB, next(rooms) * MIB))
    recording, ears = Recording(tmp_path, "show", limits=GENEROUS, guard=guard), Ears()
    path = await ears.start(recording, footage())
    for packet in footage().packets:
        recording.offer(packet)
    await until(lambda: ears.ended)
    assert ears.ended == [Fault("recording.disk_full", {"path": str(tmp_path)})]
    assert is_ordinary(path) and len(play(path).pictures) >= 3 * 30
    assert not recording.is_running
    recording.offer(footage().packets[-1])
    assert await recording.stop() == [path]
    assert len(ears.ended) == 1


def test_the_reserve_grows_with_the_disk_within_bounds() -> None:
    assert default_reserve_bytes(1000 * MIB) == 64 * MIB
    assert default_reserve_bytes(10_000 * MIB) == 200 * MIB
    assert default_reserve_bytes(4_000_000 * MIB) == 512 * MIB


class FailingFile(RecordingFile):
    """A file on a disk that breaks at the third keyframe."""

    keyframes = 0

    def write(self, packet: MediaPacket) -> None:
        self.keyframes += packet.kind is PacketKind.VIDEO and packet.is_keyframe
        if self.keyframes == 3:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().write(packet)


async def test_a_broken_disk_is_said_and_what_was_written_is_made_whole(tmp_path: Path) -> None:
    recording, ears = Recording(tmp_path, "show", limits=GENEROUS, opener=FailingFile), Ears()
    path = await ears.start(recording, footage())
    for packet in footage().packets:
        recording.offer(packet)
    await until(lambda: ears.ended)
    assert ears.ended == [Fault("recording.failed", {"path": str(path), "reason": "Input/output error"})]
    assert is_ordinary(path) and len(play(path).pictures) == 60


class StuckDisk:
    """Files whose writing waits until they are let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.is_waiting = threading.Event()

    def __call__(self, path: Path) -> RecordingFile:
        disk = self

        class StuckFile(RecordingFile):
            def write(self, packet: MediaPacket) -> None:
                disk.is_waiting.set()
                disk.let_go.wait()
                super().write(packet)

        return StuckFile(path)


@pytest.fixture
async def stuck_disk() -> AsyncIterator[StuckDisk]:
    disk = StuckDisk()
    yield disk
    disk.let_go.set()


async def test_a_disk_too_slow_makes_a_hole_that_is_counted_and_said(tmp_path: Path, stuck_disk: StuckDisk) -> None:
    shown = footage()
    limits = RecordingLimits(30.0, 30.0, QueueLimits(seconds=2.0))
    recording, ears = Recording(tmp_path, "show", limits=limits, opener=stuck_disk), Ears()
    path = await ears.start(recording, shown)
    half = next(index for index, one in enumerate(shown.packets) if one.at_us > START_US + 3_500_000)
    for packet in shown.packets[:half]:
        recording.offer(packet)
    assert ears.notices == [Fault("recording.slow_disk", {"path": str(path)})]
    dropped = recording.status().dropped_pictures
    assert dropped >= 30
    stuck_disk.let_go.set()
    await until(lambda: recording._queue.queued_s == 0)
    for packet in shown.packets[half:]:
        recording.offer(packet)
    await recording.stop()
    assert len(ears.notices) == 1 and ears.ended == []
    played = play(path)
    assert is_ordinary(path)
    assert len(played.pictures) == 180 - recording.status().dropped_pictures
    assert 180 - len(played.pictures) < 30 * 3
    assert played.picture_times_ms[-1] == round(179 * 1000 / 30), "what comes after the hole stands at its time"
    assert abs(played.sound_times_ms[-1] - played.picture_times_ms[-1]) < 100


async def test_a_hung_disk_does_not_hold_up_the_stop(tmp_path: Path, stuck_disk: StuckDisk) -> None:
    limits = RecordingLimits(start_s=30.0, stop_s=0.2)
    recording, ears = Recording(tmp_path, "show", limits=limits, opener=stuck_disk), Ears()
    path = await ears.start(recording, footage())
    for packet in footage().packets:
        recording.offer(packet)
    await until(stuck_disk.is_waiting)
    async with asyncio.timeout(10):
        assert await recording.stop() == [path]
    assert recording.fault is not None and recording.fault.code == "recording.failed"
    stuck_disk.let_go.set()
    await until(lambda: recording._state is RecordingState.ENDED)
    assert ears.ended == [], "whoever stopped it knows"
    assert is_ordinary(path)


async def test_a_disk_that_hangs_at_the_start_is_given_up(tmp_path: Path) -> None:
    let_go = threading.Event()

    def opener(path: Path) -> RecordingFile:
        let_go.wait()
        return RecordingFile(path)

    recording = Recording(tmp_path, "show", limits=RecordingLimits(start_s=0.2), opener=opener)
    with pytest.raises(EngineError) as caught:
        await Ears().start(recording, footage())
    assert caught.value.fault.code == "recording.failed"
    let_go.set()
    await until(lambda: not any(thread.name == "recording" for thread in threading.enumerate()))
    assert list(tmp_path.iterdir()) == [], "the late file is taken away"


async def test_when_the_encoders_fail_the_file_is_made_whole(tmp_path: Path) -> None:
    recording, ears = Recording(tmp_path, "show", limits=GENEROUS), Ears()
    path = await ears.start(recording, footage())
    for packet in footage().packets:
        recording.offer(packet)
    recording.fail(Fault("encoder.failed", {"reason": "test"}))
    await until(lambda: ears.ended)
    assert ears.ended == [Fault("encoder.failed", {"reason": "test"})]
    assert len(play(path).pictures) == 180 and is_ordinary(path)


# --- its queue and its states ---


@given(
    st.lists(st.tuples(st.sampled_from(["offer", "take"]), st.booleans(), st.booleans()), max_size=300),
    st.floats(0.1, 2.0),
)
def test_the_queue_is_bounded_and_what_comes_out_can_be_decoded(
    steps: list[tuple[str, bool, bool]], limit_s: float
) -> None:
    queue = RecordingQueue(QueueLimits(limit_s, 2000))
    tick, taken, offered, pauses = 0, [], 0, 0
    for action, is_keyframe, is_sound in [("offer", True, False), *steps]:
        if action == "take" and queue.queued_s > 0:
            taken.append(queue.take())
        elif action == "offer":
            kind = PacketKind.AUDIO if is_sound else PacketKind.VIDEO
            pauses += not queue.offer(MediaPacket(kind, tick * 33_333, is_keyframe or is_sound, b"x" * 40))
            offered += 1
            tick += 1
        assert queue.queued_s <= limit_s + 0.034
    queue.close()
    while packet := queue.take():
        taken.append(packet)
    assert len(taken) + queue.dropped_pictures + queue.dropped_sounds == offered, "nothing is lost uncounted"
    assert pauses == 0 or queue.dropped_pictures + queue.dropped_sounds > 0
    for before, after in pairwise(taken):
        assert before is not None and after is not None
        is_hole = after.at_us - before.at_us > 33_334
        assert not is_hole or (after.kind is PacketKind.VIDEO and after.is_keyframe)


def test_a_queue_is_bounded_by_bytes_too() -> None:
    queue = RecordingQueue(QueueLimits(3600, 1000))
    told = [queue.offer(MediaPacket(PacketKind.VIDEO, tick, tick == 0, b"x" * 100)) for tick in range(30)]
    assert told.count(False) == 1 and queue.dropped_pictures == 30 - 11


@given(st.lists(st.sampled_from(list(RecordingTrigger)), max_size=20))
def test_a_recording_only_goes_forward(triggers: list[RecordingTrigger]) -> None:
    order = list(RecordingState)
    state = RecordingState.NEW
    for trigger in triggers:
        after = TRANSITIONS.get((state, trigger), state)
        assert order.index(after) >= order.index(state)
        state = after
