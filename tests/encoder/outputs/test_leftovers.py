"""What a crash leaves of a recording: wherever it was cut, it is made an ordinary file with all that was written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from encoder.errors import EngineError
from encoder.outputs import leftovers
from encoder.outputs.leftovers import finish_leftover, is_leftover, read_programme_start
from encoder.outputs.mp4.tracks import TrackFormats
from encoder.outputs.recording_file import RecordingFile
from tests.encoder.outputs.recorded import START_US, footage, is_ordinary, play, top_boxes


def write(path: Path, *, finishes: bool) -> Path:
    """A recording of six fragments."""
    shown = footage()
    stream = shown.stream
    file = RecordingFile(path)
    file.begin(TrackFormats(stream.width, stream.height, stream.avc_config, stream.audio_config), START_US)
    for packet in shown.packets:
        file.write(packet)
    if finishes:
        file.finish()
    else:
        file.flush()
        file.close()
    return path


def fragment_ends(data: bytes) -> list[int]:
    """Where each fragment of a file of whole fragments ends."""
    starts = []
    position = data.find(b"moof")
    while position >= 0:
        starts.append(position - 4)
        position = data.find(b"moof", position + 4)
    return [*starts[1:], len(data)]


def test_what_a_crash_left_becomes_what_it_would_have_been(tmp_path: Path) -> None:
    path, whole = write(tmp_path / "left.mp4", finishes=False), write(tmp_path / "whole.mp4", finishes=True)
    assert is_leftover(path) and not is_leftover(whole)
    shares: list[float] = []
    assert finish_leftover(path, on_progress=shares.append)
    assert path.read_bytes() == whole.read_bytes()
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert not is_leftover(path) and not finish_leftover(path)


@pytest.fixture(scope="module")
def left_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("left") / "left.mp4", finishes=False).read_bytes()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_wherever_it_was_cut_all_whole_fragments_play(tmp_path: Path, left_bytes: bytes, data: st.DataObject) -> None:
    """Case 67."""
    length = data.draw(st.integers(0, len(left_bytes)))
    junk = data.draw(st.sampled_from([b"", b"\x00" * 100, b"\x00\x00\x01\x00moov" + b"x" * 50, bytes(range(7, 71))]))
    path = tmp_path / "cut.mp4"
    path.write_bytes(left_bytes[:length] + junk)
    ends = fragment_ends(left_bytes)
    assume(not any(length < end <= length + len(junk) for end in ends))  # a fragment of which the end is junk
    whole = sum(end <= length for end in ends)
    assert finish_leftover(path) == (whole > 0)
    if whole:
        assert is_ordinary(path)
        assert len(play(path).pictures) == whole * 30
        assert read_programme_start(path) == START_US


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_never_breaks_it(tmp_path: Path, left_bytes: bytes, data: st.DataObject) -> None:
    damaged = bytearray(left_bytes)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, min(4000, len(damaged) - 1)))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.mp4"
    path.write_bytes(damaged)
    finish_leftover(path)
    with contextlib.suppress(EngineError):
        read_programme_start(path)


def test_a_crash_between_the_index_and_the_last_step_costs_nothing(tmp_path: Path) -> None:
    path, whole = write(tmp_path / "left.mp4", finishes=False), write(tmp_path / "whole.mp4", finishes=True)
    index = whole.read_bytes()[path.stat().st_size :]
    with path.open("ab") as file:
        file.write(index)
    assert top_boxes(path)[-1] == "moov"
    assert len(play(path).pictures) == 180
    assert finish_leftover(path)
    assert path.read_bytes() == whole.read_bytes()


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    shown = footage()
    file = RecordingFile(tmp_path / "now.mp4")
    file.begin(TrackFormats(320, 240, shown.stream.avc_config, shown.stream.audio_config), START_US)
    for packet in shown.packets:
        file.write(packet)
    assert not is_leftover(file.path) and not finish_leftover(file.path)
    file.finish()
    assert len(play(file.path).pictures) == 180


def test_cancelled_it_stays_as_it_was(tmp_path: Path, left_bytes: bytes) -> None:
    path = tmp_path / "left.mp4"
    path.write_bytes(left_bytes)
    asked: list[None] = []

    def is_cancelled() -> bool:
        asked.append(None)
        return len(asked) > 6

    assert not finish_leftover(path, is_cancelled=is_cancelled)
    assert path.read_bytes() == left_bytes


def test_without_room_for_the_index_it_stays_as_it_was(
    tmp_path: Path, left_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "left.mp4"
    path.write_bytes(left_bytes)

    def full(fd: int, data: bytes, offset: int) -> None:
        os.pwrite(fd, data[:100], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(leftovers, "write_at", full)
    with pytest.raises(EngineError) as caught:
        finish_leftover(path)
    assert caught.value.fault.code == "recording.unreadable"
    assert path.read_bytes() == left_bytes


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.mp4"
    theirs.write_bytes(b"\x00\x00\x00\x18ftypisom" + b"\x00" * 200)
    missing, folder = tmp_path / "missing.mp4", tmp_path
    for path in (theirs, missing, folder):
        assert not is_leftover(path) and not finish_leftover(path)
        with pytest.raises(EngineError) as caught:
            read_programme_start(path)
        assert caught.value.fault.code == "recording.unreadable"
