"""How patient an RTMP connection is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RtmpTimings:
    """Seconds."""

    connect_s: float = 5.0
    """For the name, TCP and TLS, each."""
    publish_s: float = 6.0
    """From there until the server takes our media."""
    silence_s: float = 4.0
    """A server that answered before and says nothing for so long is gone; so is one that takes no bytes for so long."""
    ping_s: float = 1.0
