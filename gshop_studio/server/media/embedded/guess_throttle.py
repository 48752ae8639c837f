"""How many wrong stream keys an address may try."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from gshop_studio.server.media.embedded.limits import GuessLimits


class GuessThrottle:
    """Counts wrong keys, an address, over the last while. Bounded: the address that was quiet longest is forgotten."""

    def __init__(self, limits: GuessLimits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def note_wrong(self, address: str) -> None:
        """A wrong key came from there."""
        times = self._wrong.setdefault(address, deque(maxlen=self._limits.max_wrong))
        times.append(self._monotonic())
        self._wrong.move_to_end(address)
        if len(self._wrong) > self._limits.max_addresses:
            self._wrong.popitem(last=False)

    def is_limited(self, address: str) -> bool:
        """Whether no key is looked at from there now, right or wrong."""
        times = self._wrong.get(address)
        if times is None:
            return False
        while times and times[0] < self._monotonic() - self._limits.window_s:
            times.popleft()
        if not times:
            del self._wrong[address]
        return len(times) >= self._limits.max_wrong
