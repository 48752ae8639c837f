"""Who watches one show now: distinct people, guests and anonymous sessions, not sockets. Pure: time is handed in.

Those of this server by name, those of others by number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

AT_ONCE_CHANGES = 100
"""So many changes of the count are told at once, later ones at most every `UPDATE_INTERVAL_S`."""
UPDATE_INTERVAL_S = 10.0
GONE_GRACE_S = 10.0
"""How long somebody whose last socket is gone, without a goodbye, still counts: a reload comes back within it."""


@dataclass(slots=True)
class Viewer:
    """One person. Times are seconds of a monotonic clock."""

    key: str
    pinged_s: float
    sockets: set[str] = field(default_factory=set)
    gone_s: float | None = None
    """When the last socket went."""


class Audience:
    def __init__(self, presence_s: float) -> None:
        self._presence_s = presence_s
        self._viewers: dict[str, Viewer] = {}
        self.others = 0
        """Viewers that only other servers know."""
        self._known_count = 0
        self._told_count = 0
        self._told_s = float("-inf")
        self._changes = 0

    @property
    def count(self) -> int:
        """How many watch, on all servers."""
        return len(self._viewers) + self.others

    @property
    def keys(self) -> list[str]:
        """Who watches here."""
        return list(self._viewers)

    def enter(self, key: str, socket: str, now_s: float) -> bool:
        """A person's socket joins; whether the person was not there before."""
        is_new = key not in self._viewers
        viewer = self._viewers.setdefault(key, Viewer(key, pinged_s=now_s))
        viewer.sockets.add(socket)
        viewer.pinged_s, viewer.gone_s = now_s, None
        return is_new

    def ping(self, key: str, now_s: float) -> None:
        if (viewer := self._viewers.get(key)) is not None:
            viewer.pinged_s = now_s

    def say_goodbye(self, key: str, socket: str) -> Viewer | None:
        """A socket leaves; the viewer, if it was the last of that person."""
        viewer = self._viewers.get(key)
        if viewer is None:
            return None
        viewer.sockets.discard(socket)
        return self._viewers.pop(key) if not viewer.sockets else None

    def lose(self, key: str, socket: str, now_s: float) -> None:
        """A socket is gone without a goodbye."""
        viewer = self._viewers.get(key)
        if viewer is not None:
            viewer.sockets.discard(socket)
            if not viewer.sockets:
                viewer.gone_s = now_s

    def expire(self, now_s: float) -> list[Viewer]:
        """Let go of who no longer counts."""
        gone = [viewer for viewer in self._viewers.values() if self._is_gone(viewer, now_s)]
        for viewer in gone:
            del self._viewers[viewer.key]
        return gone

    def take(self, key: str) -> Viewer:
        """Let go of somebody at once."""
        return self._viewers.pop(key)

    def has_changed(self) -> bool:
        """Whether the count is another than when this was last asked."""
        has_changed, self._known_count = self.count != self._known_count, self.count
        return has_changed

    def due_change(self, now_s: float) -> int | None:
        """What the count changed by since it was last told, if that is to be told now; it counts as told then."""
        change = self.count - self._told_count
        if change == 0 or (self._changes >= AT_ONCE_CHANGES and now_s - self._told_s < UPDATE_INTERVAL_S):
            return None
        self._changes += 1
        self._told_count, self._told_s = self.count, now_s
        return change

    def _is_gone(self, viewer: Viewer, now_s: float) -> bool:
        was_lost = viewer.gone_s is not None and now_s - viewer.gone_s >= GONE_GRACE_S
        return was_lost or now_s - viewer.pinged_s >= self._presence_s
