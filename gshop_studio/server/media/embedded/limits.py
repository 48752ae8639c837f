"""What the embedded back end allows a publisher and keeps for viewers: one value, short in tests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IngestTimes:
    """Deadlines of a publisher's connection, seconds."""

    handshake_s: float = 5.0
    """From the connection to RTMP's `connect`."""
    publish_s: float = 10.0
    """From `connect` to `publish`."""
    idle_s: float = 10.0
    """Without a picture or a sound once publishing."""
    linger_s: float = 1.0
    """For the last status to reach a publisher that is sent away."""
    settle_s: float = 0.25
    takeover_s: float = 2.0
    """A publisher that sends nothing for so long (after `settle_s`) makes way for another one with the same key."""


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """How wrong stream keys are slowed and limited, an address."""

    delay_s: float = 1.0
    """Before a wrong key is answered."""
    max_wrong: int = 10
    window_s: float = 60.0
    max_addresses: int = 4096


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """How a publisher's media is cut, in media time unless told otherwise."""

    min_s: float = 0.75
    """A keyframe after so much begins a segment, so that GOPs of half a second are joined."""
    max_s: float = 12.0
    max_bytes: int = 24 * 1024 * 1024
    """Beyond either a segment is cut without a keyframe."""
    jump_s: float = 10.0
    """A picture so far from the one before it, or before it, is a discontinuity; a sound so far off is dropped."""


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """What of a stream is listed and kept in memory."""

    listed_s: float = 12.0
    min_listed: int = 3
    kept_s: float = 12.0
    """How much of what is no longer listed can still be fetched, by a player that read the playlist a moment ago."""
    max_segments: int = 128
    max_bytes: int = 64 * 1024 * 1024
    forget_ended_s: float = 60.0
    forget_idle_s: float = 900.0


@dataclass(frozen=True, slots=True)
class MediaLimits:
    times: IngestTimes = field(default_factory=IngestTimes)
    guesses: GuessLimits = field(default_factory=GuessLimits)
    segments: SegmentLimits = field(default_factory=SegmentLimits)
    window: WindowLimits = field(default_factory=WindowLimits)
    max_connections: int = 256
    max_connections_per_address: int = 32
    max_ahead_s: float = 30.0
    """A publisher whose media is so far ahead of the clock is read no faster than real time: back-pressure."""
