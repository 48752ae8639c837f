"""When a recording goes on after a crash, what was recorded before becomes ordinary files."""

from __future__ import annotations

from pathlib import Path

from encoder.outputs.earlier_parts import finish_earlier_parts
from encoder.outputs.leftovers import is_leftover
from encoder.outputs.recording_file import RecordingFile
from tests.encoder.outputs.recorded import is_ordinary, play
from tests.encoder.outputs.test_leftovers import write


def test_the_parts_before_are_made_whole_and_nothing_else(tmp_path: Path) -> None:
    first = write(tmp_path / "show.mp4", finishes=False)
    second = write(tmp_path / "show-part2.mp4", finishes=True)
    third = write(tmp_path / "show-part3.mp4", finishes=False)
    other = write(tmp_path / "another show.mp4", finishes=False)
    later = write(tmp_path / "show-part5.mp4", finishes=False)
    before = second.read_bytes()
    now = RecordingFile(tmp_path / "show-part4.mp4")
    try:
        assert finish_earlier_parts(now.path, "show") == [first, third]
        assert now.path.stat().st_size == 0
    finally:
        now.close()
    assert is_ordinary(first) and is_ordinary(third) and len(play(third).pictures) == 180
    assert second.read_bytes() == before
    assert is_leftover(other) and is_leftover(later)


def test_one_that_is_being_written_or_is_no_recording_stays_as_it_is(tmp_path: Path) -> None:
    written = RecordingFile(tmp_path / "show.mp4")
    foreign = tmp_path / "show-part2.mp4"
    foreign.write_bytes(b"somebody's notes")
    try:
        assert finish_earlier_parts(tmp_path / "show-part4.mp4", "show") == []
    finally:
        written.close()
    assert foreign.read_bytes() == b"somebody's notes"
