"""This machine's cameras: their names, ids that stay the same, and where each is now. Away from the event loop.

An index changes when a camera is plugged in again, and equal cameras bear equal names. So an id is, on Linux, the link
that udev makes in `/dev/v4l/by-id` or, for cameras it cannot tell apart there, in `/dev/v4l/by-path`; where there is no
link, vendor, product and name. On Windows and macOS it is the path that the system gives.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # what is wrong is told by our own faults

import cv2
from cv2_enumerate_cameras import enumerate_cameras, supported_backends

from encoder.errors import SourceError
from gshop_studio.engine_protocol import Device, Fault

_LINKS = Path("/dev/v4l")
_BACKENDS = {"linux": (cv2.CAP_V4L2,), "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF), "darwin": (cv2.CAP_AVFOUNDATION,)}
"""In the order of preference. One camera is known to several of them."""


class CameraInfo(Protocol):
    """What we read of what cv2-enumerate-cameras tells."""

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def vid(self) -> int | None: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def backend(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """What OpenCV opens: an index and a back end, or a file's path."""

    target: int | str
    backend: int = cv2.CAP_ANY
    path: str | None = None
    """The device's own, where the system has one."""

    @property
    def is_device(self) -> bool:
        return isinstance(self.target, int)


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A camera that is plugged in."""

    device: Device
    address: CameraAddress
    aliases: tuple[str, ...] = ()
    """Other ids by which it is found."""

    def answers_to(self, name: str) -> bool:
        """Whether that is its id, its name or another way to say it."""
        wanted = name.casefold()
        return any(known.casefold() == wanted for known in (self.device.id, self.device.name, *self.aliases))


class CameraDevices:
    """Looks for cameras. Holds nothing, so that each call sees what is there now."""

    def __init__(
        self,
        enumerate_now: Callable[[], Iterable[CameraInfo]] | None = None,
        links: Path = _LINKS,
        platform: str = sys.platform,
    ) -> None:
        self._enumerate = enumerate_now or (lambda: enumerate_with_cv2(platform))
        self._links = links
        self._platform = platform

    def list(self) -> list[CameraDevice]:
        """Every camera, in the system's order. Equal names are told apart by a number."""
        found = _without_repeats(sorted(self._enumerate(), key=lambda info: self._rank(info.backend)))
        found.sort(key=lambda info: (self._rank(info.backend), info.index))
        by_id, by_path = self._targets("by-id"), self._targets("by-path")
        kinds = Counter(_kind(info) for info in found)
        linked = Counter(_kind(info) for info in found if info.path in by_id)
        seen: Counter[str] = Counter()
        names: Counter[str] = Counter()
        cameras = []
        for info in found:
            kind = _kind(info)
            seen[kind] += 1
            names[info.name] += 1
            name = info.name if names[info.name] == 1 else f"{info.name} ({names[info.name]})"
            numbered = kind if seen[kind] == 1 else f"{kind}:{seen[kind]}"
            ids = [numbered, name, str(info.index)]
            if self._platform == "linux":
                # Twins without serial numbers share one link by id: it shows now the one, now the other.
                is_apart = kinds[kind] == 1 or linked[kind] == kinds[kind]
                ids = _known([by_id.get(info.path or "") if is_apart else None, by_path.get(info.path or "")]) + ids
            elif info.path:
                ids.insert(0, info.path)
            if info.path:
                ids.append(info.path)
            device = Device(ids[0], name)
            cameras.append(CameraDevice(device, CameraAddress(info.index, info.backend, info.path), tuple(ids[1:])))
        return cameras

    def find(self, name: str) -> CameraAddress:
        """Where the camera of that id or name is now; the first one for an empty name.

        Raises:
            SourceError: `source.not_found`.
        """
        if name and Path(name).is_file():
            return CameraAddress(name)
        cameras = self.list()
        exact = [camera for camera in cameras if camera.device.id == name]
        for camera in exact or cameras:
            if not name or camera.answers_to(name):
                return camera.address
        raise SourceError(Fault("source.not_found", {"source": f"camera {name}".strip()}))

    def _targets(self, folder: str) -> dict[str, str]:
        """From a device's path to the name of the link that leads to it."""
        try:
            links = sorted((self._links / folder).iterdir(), reverse=True)
        except OSError:
            return {}
        return {os.path.realpath(link): link.name for link in links}

    def _rank(self, backend: int) -> int:
        order: Sequence[int] = _BACKENDS.get(self._platform, ())
        return order.index(backend) if backend in order else len(order)


def enumerate_with_cv2(platform: str = sys.platform) -> Iterable[CameraInfo]:
    """What the real library tells, of the back ends that we open cameras with."""
    wanted = [backend for backend in _BACKENDS.get(platform, ()) if backend in supported_backends]
    return [info for backend in wanted or (cv2.CAP_ANY,) for info in enumerate_cameras(backend)]


def _without_repeats(infos: Iterable[CameraInfo]) -> list[CameraInfo]:
    """Each camera once. Windows gives one path to each of its back ends, but for the interface's class at the end."""
    kept: dict[str, CameraInfo] = {}
    for number, info in enumerate(infos):
        place = (info.path or "").casefold().partition("#{")[0]
        kept.setdefault(place or f"no path {number}", info)
    return list(kept.values())


def _kind(info: CameraInfo) -> str:
    if info.vid is None or info.pid is None:
        return info.name
    return f"{info.vid:04x}:{info.pid:04x}:{info.name}"


def _known(ids: Iterable[str | None]) -> list[str]:
    return [each for each in ids if each]


def list_cameras() -> list[Device]:
    """Every camera of this machine."""
    return [camera.device for camera in CameraDevices().list()]


def find_camera(name: str) -> CameraAddress:
    """Where the camera of that id or name is now; the first one for an empty name.

    Raises:
        SourceError: `source.not_found`.
    """
    return CameraDevices().find(name)
