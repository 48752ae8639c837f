"""The preview's memory: a frame is whole, whatever the load."""

from __future__ import annotations

import mmap
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.picture import Picture, PictureSize, black_frame, planes_of
from encoder.preview import LeaseTable, Preview, remove_stale_memory
from gshop_studio.engine_protocol import PREVIEW_SLOT_COUNT, PreviewFrame
from tests.support.processes import wait_until

SIZE = PictureSize(640, 360)


def grey_picture(level: int, at_ms: int) -> Picture:
    frame = black_frame(SIZE)
    planes_of(frame)[0][:] = level
    return Picture(frame, at_ms * 1000)


def lend_all(preview: Preview, arrived: list[PreviewFrame]) -> None:
    for number in range(PREVIEW_SLOT_COUNT):
        preview.offer(grey_picture(100, number))
        wait_until(lambda count=number + 1: len(arrived) == count, what="a frame")  # type: ignore[misc]


@given(st.lists(st.sampled_from(["take", "lend", "give back"]), max_size=100))
def test_a_slot_has_one_owner(steps: list[str]) -> None:
    table = LeaseTable(bytearray(8 + PREVIEW_SLOT_COUNT), 8, PREVIEW_SLOT_COUNT)
    taken: list[int] = []
    lent: list[int] = []
    for step in steps:
        if step == "take" and (slot := table.take()) is not None:
            assert slot not in taken and slot not in lent
            taken.append(slot)
        elif step == "lend" and taken:
            lent.append(taken.pop())
            table.lend(lent[-1])
        elif step == "give back" and lent:
            assert table.give_back(lent.pop(0))
    assert not table.give_back(99)
    for slot in taken:
        assert not table.give_back(slot), "what is being written is not the studio's to return"


def test_no_frame_is_torn_under_load(tmp_path: Path) -> None:
    """Each picture is of one grey; a reader that is slow at times sees only frames of one grey, in order."""
    arrived: list[PreviewFrame] = []
    there = threading.Condition()

    def on_frame(frame: PreviewFrame) -> None:
        with there:
            arrived.append(frame)
            there.notify()

    preview = Preview(tmp_path, SIZE, on_frame)
    preview.limit_fps(10_000)
    stop = threading.Event()

    def feed() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            preview.offer(grey_picture(20 + count * 37 % 200, count))
            stop.wait(0.001)

    feeder = threading.Thread(target=feed)
    try:
        with preview.path.open("rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        feeder.start()
        last_ms = 0
        for number in range(200):
            with there:
                assert there.wait_for(lambda: bool(arrived), timeout=10)
                frame = arrived.pop(0)
            if number % 10 == 0:
                stop.wait(0.01)
            start = frame.slot * preview.slot_bytes
            pixels = np.frombuffer(memory[start : start + frame.width * frame.height * 4], np.uint8)
            seen = pixels.reshape(-1, 4)[:, :3]
            assert seen.max() - seen.min() <= 1, "torn"
            assert frame.captured_at_ms > last_ms
            last_ms = frame.captured_at_ms
            assert preview.release(frame.slot)
    finally:
        stop.set()
        feeder.join()
        preview.close()
        memory.close()
    assert not preview.path.exists()


def test_pictures_are_passed_over_while_every_slot_is_lent(tmp_path: Path) -> None:
    arrived: list[PreviewFrame] = []
    preview = Preview(tmp_path, SIZE, arrived.append)
    preview.limit_fps(10_000)
    try:
        lend_all(preview, arrived)
        preview.offer(grey_picture(100, 98))
        wait_until(lambda: preview._newest is None, what="the picture to be passed over")
        assert len(arrived) == PREVIEW_SLOT_COUNT
        assert preview.release(arrived[0].slot)
        preview.offer(grey_picture(100, 99))
        wait_until(lambda: len(arrived) == PREVIEW_SLOT_COUNT + 1, what="the next frame")
    finally:
        preview.close()


@pytest.mark.parametrize("box", [PictureSize(3, 3), PictureSize(1919, 1079), PictureSize(100, 700)])
def test_any_box_is_kept_to(tmp_path: Path, box: PictureSize) -> None:
    arrived: list[PreviewFrame] = []
    preview = Preview(tmp_path, box, arrived.append)
    try:
        preview.offer(grey_picture(100, 1))
        wait_until(lambda: arrived, what="a frame")
        assert arrived[0].width <= box.width and arrived[0].height <= box.height
    finally:
        preview.close()


@pytest.mark.parametrize(("limit_fps", "shown"), [(30, 30), (10, 10), (15, 15)])
def test_no_more_frames_are_shown_than_wished_however_the_ticks_jitter(
    tmp_path: Path, limit_fps: int, shown: int
) -> None:
    arrived: list[PreviewFrame] = []
    moment_s = 100.0
    preview = Preview(tmp_path, PictureSize(64, 36), arrived.append, now_s=lambda: moment_s)
    preview.limit_fps(limit_fps)
    taken = 0
    try:
        for tick in range(30):
            moment_s = 100 + tick / 30 + (0.004 if tick % 2 else 0)
            preview.offer(grey_picture(100, tick))
            wait_until(lambda: preview._newest is None, what="the picture to be taken")
            while len(arrived) > taken:
                preview.release(arrived[taken].slot)
                taken += 1
        wait_until(lambda: len(arrived) >= shown, what="the frames")
        assert len(arrived) == shown
    finally:
        preview.close()


def test_the_studio_gives_a_slot_back_by_its_byte(tmp_path: Path) -> None:
    arrived: list[PreviewFrame] = []
    preview = Preview(tmp_path, SIZE, arrived.append)
    preview.limit_fps(10_000)
    try:
        lend_all(preview, arrived)
        with preview.path.open("rb+") as file, mmap.mmap(file.fileno(), 0) as memory:
            leases = PREVIEW_SLOT_COUNT * preview.slot_bytes
            assert list(memory[leases:]) == [1] * PREVIEW_SLOT_COUNT
            memory[leases + arrived[1].slot] = 0
        preview.offer(grey_picture(100, 99))
        wait_until(lambda: len(arrived) > PREVIEW_SLOT_COUNT, what="the next frame")
        assert arrived[-1].slot == arrived[1].slot and arrived[-1].memory == preview.number
    finally:
        preview.close()


def test_what_a_killed_engine_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "abc-preview.bgra"
    left.write_bytes(b"x")
    remove_stale_memory(tmp_path)
    assert not left.exists()
