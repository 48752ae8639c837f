"""The screen as a source, on an X server without a monitor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.clock import MonotonicClock
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureSize, planes_of
from encoder.sources.rebinding import RebindingVideo
from encoder.sources.screen import Screen, ScreenPlace, list_screens
from tests.encoder.sources.virtual_display import VirtualDisplay, virtual_display
from tests.support.processes import wait_until

SHAPE = FrameShape(PictureSize(640, 360))
WHITE = 235


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualDisplay]:
    with virtual_display(tmp_path) as started:
        monkeypatch.setenv("DISPLAY", started.name)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        # The left half white, a red square at the right.
        started.pixels[:, :320] = 255
        started.pixels[100:200, 400:500] = (0, 0, 255, 0)
        yield started


def next_picture(screen: Screen | RebindingVideo, clock: MonotonicClock) -> Picture:
    picture = wait_until(lambda: screen.picture_at(clock.now_us()), timeout_s=20, every_s=0.005)
    assert picture is not None
    return picture


def test_what_stands_on_the_screen_is_shown(display: VirtualDisplay) -> None:
    clock = MonotonicClock()
    screen = Screen("", clock, SHAPE)
    try:
        y, _, v = planes_of(next_picture(screen, clock).frame)
        assert int(y[180, 100]) == pytest.approx(WHITE, abs=2) and int(y[20, 600]) == pytest.approx(16, abs=2)
        assert int(y[150, 450]) == pytest.approx(81, abs=3) and int(v[75, 225]) == pytest.approx(240, abs=3)
        display.pixels[:] = 255
        wait_until(lambda: planes_of(next_picture(screen, clock).frame)[0].mean() > 225, timeout_s=10)
    finally:
        screen.close()
    assert not screen._thread.is_alive()


def test_a_region_is_shown_alone_and_in_the_wanted_size(display: VirtualDisplay) -> None:
    clock = MonotonicClock()
    screen = Screen(f"{display.name},400,100,100x100", clock, FrameShape(PictureSize(360, 360)))
    try:
        y, _, v = planes_of(next_picture(screen, clock).frame)
        assert y.shape == (360, 360)
        assert v.mean() == pytest.approx(240, abs=3), "red all over"
    finally:
        screen.close()


def test_this_sessions_screen_is_offered(display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [device.id for device in list_screens()] == [display.name]
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert list_screens() == [], "under Wayland the X server has nothing to show"


def test_what_the_session_or_the_build_lacks_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_screens("linux", {}) == []
    assert list_screens("linux", {"DISPLAY": ":63999"}) == [], "nobody listens there"
    assert list_screens("plan9", {"DISPLAY": ":0"}) == []
    monkeypatch.delenv("DISPLAY", raising=False)
    for platform in ("linux", "plan9"):
        with pytest.raises(SourceError) as caught:
            Screen("", MonotonicClock(), SHAPE, platform)
        assert caught.value.fault.code == "screen.unavailable"


def test_a_screen_that_is_not_there_says_so() -> None:
    with pytest.raises(SourceError) as caught:
        Screen(":63999", MonotonicClock(), SHAPE, "linux")
    assert caught.value.fault.code in ("source.unreadable", "screen.unavailable")


def test_a_screen_that_goes_is_lost(display: VirtualDisplay) -> None:
    clock = MonotonicClock()
    screen = RebindingVideo("screen", lambda shape: Screen("", clock, shape), SHAPE, period_s=0.1)
    try:
        next_picture(screen, clock)
        display.process.terminate()
        wait_until(lambda: screen.picture_at(clock.now_us()) is None and screen.is_lost, timeout_s=20)
        assert screen.fault is not None and screen.fault.code == "source.lost"
    finally:
        screen.close()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ScreenPlace()),
        (":1", ScreenPlace(":1")),
        ("10,20,640x361", ScreenPlace("", (10, 20, 640, 360))),
        ("host:0.1,0,0,64x36", ScreenPlace("host:0.1", (0, 0, 64, 36))),
    ],
)
def test_places_are_read(text: str, place: ScreenPlace) -> None:
    assert ScreenPlace.parse(text) == place


@given(st.text(st.sampled_from("0123456789,x:. -\n"), max_size=30))
def test_a_place_is_read_or_refused(text: str) -> None:
    """Case 38: nothing but a display and numbers reaches libav."""
    place = None
    with contextlib.suppress(SourceError):
        place = ScreenPlace.parse(text)
    if place is not None:
        assert not any(character.isspace() or character == "," for character in place.display)
        assert place.region is None or (min(place.region[2:]) >= 2 and all(side % 2 == 0 for side in place.region[2:]))
