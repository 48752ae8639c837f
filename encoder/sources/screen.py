"""The screen, or a region of it, by libav's grabber of the platform. What the platform lacks is not offered."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import av

from encoder.clock import Clock
from encoder.errors import SourceError
from encoder.picture import FrameShape
from encoder.sources.av_feed import AvFeed
from encoder.sources.camera_formats import frame_of_bgr, pixels_of
from encoder.sources.live_pictures import LivePictures
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Device, Fault

SCREEN_HINT = "screen, screen:DISPLAY, screen:X,Y,WIDTHxHEIGHT"
_GRABBERS = {"linux": "x11grab", "win32": "gdigrab", "darwin": "avfoundation"}
_REGION = re.compile(r"(?:(?P<display>.*),)?(?P<x>\d{1,5}),(?P<y>\d{1,5}),(?P<width>\d{1,5})x(?P<height>\d{1,5})")
_FOUR_BYTES = frozenset({"bgr0", "bgra"})
_FIRST_PICTURE_S = 6.0
_SILENT_SCREEN_S = 3.0
_SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers listen
_CONNECT_TIMEOUT_S = 0.5


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    """What of which screen; an empty display is the platform's own, no region all of it."""

    display: str = ""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width, height in pixels."""

    @classmethod
    def parse(cls, text: str) -> ScreenPlace:
        """What follows `screen:`.

        Raises:
            SourceError: `source.bad_name`.
        """
        match = _REGION.fullmatch(text)
        if match is None:
            if "," in text or len(text) > 64 or any(character.isspace() for character in text):
                raise SourceError(Fault("source.bad_name", {"source": f"screen:{text}", "hint": SCREEN_HINT}))
            return cls(text)
        x, y, width, height = (int(match[name]) for name in ("x", "y", "width", "height"))
        if width < 2 or height < 2:
            raise SourceError(Fault("source.bad_name", {"source": f"screen:{text}", "hint": SCREEN_HINT}))
        return cls(match["display"] or "", (x, y, width // 2 * 2, height // 2 * 2))


def list_screens(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> list[Device]:
    """The screens that can be shown; none where this build or this session cannot."""
    grabber = _GRABBERS.get(platform)
    if grabber is None or not _has(grabber):
        return []
    if platform == "linux":
        display = environment.get("DISPLAY", "")
        # Under Wayland the X server has nothing but its own windows to show, on black.
        if not display or environment.get("WAYLAND_DISPLAY") or not _is_reachable(display):
            return []
        return [Device(display, f"Screen {display}")]
    return [Device("0" if platform == "darwin" else "desktop", "Screen")]


class Screen(LivePictures):
    """An open screen."""

    def __init__(self, text: str, clock: Clock, shape: FrameShape, platform: str = sys.platform) -> None:
        """Open, and wait for the first picture.

        Args:
            text: What follows `screen:`.
            clock: The engine's.
            shape: Of the pictures, at first.
            platform: As `sys.platform`.

        Raises:
            SourceError: `source.bad_name`, `screen.unavailable`, `source.unreadable`.
        """
        place = ScreenPlace.parse(text)
        name = f"screen:{text}" if text else "screen"
        label = f"screen {text}".strip()
        target, options = _how_to_open(place, platform, os.environ)
        grabber = _GRABBERS.get(platform, "")
        if not target or not _has(grabber):
            raise SourceError(Fault("screen.unavailable", {"source": label}))
        feed = AvFeed(
            label, clock, lambda: av.open(target, format=grabber, options=options, timeout=_FIRST_PICTURE_S), _converted
        )
        super().__init__(name, label, feed, clock, shape, first_picture_s=_FIRST_PICTURE_S, patience_s=_SILENT_SCREEN_S)


def _how_to_open(place: ScreenPlace, platform: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The grabber's address and options; an empty address where there is no screen."""
    options = {"framerate": str(FRAMES_PER_SECOND)}
    if place.region:
        options["video_size"] = f"{place.region[2]}x{place.region[3]}"
    left, top = place.region[:2] if place.region else (0, 0)
    if platform == "linux":
        display = place.display or environment.get("DISPLAY", "")
        if not display:
            return "", {}
        return (f"{display}+{left},{top}" if place.region else display), options | {"draw_mouse": "1"}
    if platform == "win32":
        if place.region:
            options |= {"offset_x": str(left), "offset_y": str(top)}
        return "desktop", options
    if platform == "darwin" and not place.region:  # that grabber knows no regions
        return f"Capture screen {place.display or 0}:none", {"framerate": options["framerate"], "capture_cursor": "1"}
    return "", {}


def _converted(frame: av.VideoFrame) -> av.VideoFrame:
    return frame_of_bgr(pixels_of(frame)) if frame.format.name in _FOUR_BYTES else frame


def _has(grabber: str) -> bool:
    return grabber in av.formats_available


def _is_reachable(display: str) -> bool:
    """Whether a server of this machine listens there; of another machine's we cannot say quickly."""
    host, _, number = display.rpartition(":")
    if host not in ("", "unix"):
        return True
    path = f"{_SOCKETS}/X{number.partition('.')[0]}"
    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONNECT_TIMEOUT_S)
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False
