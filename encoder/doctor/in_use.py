"""What the engine that runs the doctor holds open itself: it must not be opened twice, and is known to work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InUse:
    """Sources by their names as on the command line (`camera:ID`, `microphone`, ...)."""

    working: frozenset[str] = frozenset()
    """Open, and giving pictures or sound."""
    lost: frozenset[str] = frozenset()
    """Chosen, but gone for now."""
    is_on_air: bool = False
    """Encoding for somebody: then what would take the processor or the uplink from the show is not done."""

    def device(self, kind: str) -> str | None:
        """The argument of the device of that kind (`camera`, `microphone`) that is chosen; "" is the first one."""
        for name in sorted(self.working | self.lost):
            found, _, argument = name.partition(":")
            if found == kind:
                return argument
        return None
