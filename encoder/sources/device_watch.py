"""Notices cameras and microphones that are plugged in or out. A daemon thread looks every two seconds.

Looking must cost next to nothing and disturb nobody. On Linux the names in a few folders of `/dev` tell whether
anything changed at all; only then the devices are listed. Elsewhere cameras are listed each time, and microphones,
for which PortAudio must be started anew, more rarely. While a microphone is open PortAudio tells those it knew before.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

from encoder.errors import SourceError
from gshop_studio.engine_protocol import Device

_log = logging.getLogger(__name__)
PERIOD_S = 2.0
_MICROPHONES_EVERY = 5
"""Looks between two lists of the microphones, where there is no cheap way to see a change."""
_FOLDERS = (Path("/dev"), Path("/dev/v4l/by-id"), Path("/dev/v4l/by-path"), Path("/dev/snd"))

ListDevices = Callable[[], Sequence[Device]]
OnChange = Callable[[list[Device], list[Device]], None]


def device_nodes(folders: Sequence[Path] = _FOLDERS) -> Hashable:
    """What stands in `/dev` of cameras and sound cards, and since when as it is: rights come after the node."""
    found: list[tuple[str, int]] = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if folder.name != "dev" or entry.name.startswith("video"):
                        found.append((entry.path, entry.stat(follow_symlinks=False).st_ctime_ns))
        except OSError:
            continue
    return tuple(sorted(found))


class DeviceWatch:
    """Owns the thread and what was there at the last look."""

    def __init__(
        self,
        on_change: OnChange,
        list_cameras: ListDevices,
        list_microphones: ListDevices,
        *,
        nodes: Callable[[], Hashable] | None = device_nodes if sys.platform == "linux" else None,
        sees_new_microphones: Callable[[], bool] = lambda: True,
        period_s: float = PERIOD_S,
    ) -> None:
        """Nothing is looked at yet.

        Args:
            on_change: Called on the watch's thread with all cameras and microphones, when they are others than before.
            list_cameras: Blocks.
            list_microphones: Blocks.
            nodes: A cheap look that differs whenever a device came or went; None where there is none.
            sees_new_microphones: Whether a list of microphones made now would hold new ones: not while one is open.
            period_s: Between two looks.
        """
        self._on_change = on_change
        self._list_cameras = list_cameras
        self._list_microphones = list_microphones
        self._nodes = nodes
        self._sees_new_microphones = sees_new_microphones
        self._period_s = period_s
        self._seen_nodes: Hashable = None
        self._looks = 0
        self._owes_microphones = False
        """They may have changed while they could not be listed."""
        self._known: tuple[list[Device], list[Device]] | None = None
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on. The first look tells nobody: it is what changes are measured by."""
        self._thread = threading.Thread(target=self._run, name="watch-devices", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more looks. Does not wait for one that hangs in a driver."""
        self._is_stopped.set()

    def look(self) -> None:
        """One look. On one thread at a time."""
        known = self._known
        looks, self._looks = self._looks, self._looks + 1
        is_changed = self._nodes is None or known is None
        if self._nodes is not None and (nodes := self._nodes()) != self._seen_nodes:
            self._seen_nodes, is_changed = nodes, True
            self._owes_microphones = True
        if self._nodes is None and looks % _MICROPHONES_EVERY == 0:
            self._owes_microphones = True
        lists_microphones = known is None or (self._owes_microphones and self._sees_new_microphones())
        if not is_changed and not lists_microphones:
            return
        cameras = list(self._list_cameras()) if is_changed or known is None else known[0]
        microphones = list(self._list_microphones()) if lists_microphones or known is None else known[1]
        if lists_microphones:
            self._owes_microphones = False
        self._known = cameras, microphones
        if known is not None and known != self._known and not self._is_stopped.is_set():
            self._on_change(cameras, microphones)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except (OSError, SourceError) as error:
                _log.warning("devices cannot be listed: %s", type(error).__name__)
            if self._is_stopped.wait(self._period_s):
                return


def watch_devices(on_change: OnChange) -> DeviceWatch:
    """A watch of this machine's devices, not yet started."""
    from encoder.sound.portaudio import PORTAUDIO
    from encoder.sources.camera_devices import list_cameras
    from encoder.sources.microphone import list_microphones

    return DeviceWatch(
        on_change, list_cameras, list_microphones, sees_new_microphones=lambda: PORTAUDIO.open_streams == 0
    )
