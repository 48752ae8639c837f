"""HLS media playlists (RFC 8216), as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_VERSION = 7
"""What EXT-X-MAP with fragmented MP4 asks for."""
EXTINF_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """One segment as it is listed."""

    sequence: int
    uri: str
    init_uri: str
    duration_s: float
    program_time_ms: int
    is_discontinuity: bool
    discontinuity_sequence: int
    """How many discontinuities there were in the stream up to this segment, its own included."""
    starts_with_keyframe: bool


def build_playlist(entries: Sequence[PlaylistEntry], *, target_duration_s: int, is_ended: bool) -> str:
    """The playlist of a stream; `entries` follow on from each other and are not empty."""
    first = entries[0]
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{first.sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.discontinuity_sequence - first.is_discontinuity}",
    ]
    if all(entry.starts_with_keyframe for entry in entries):
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    init_uri = None
    for entry in entries:
        if entry.is_discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        if entry.init_uri != init_uri:
            lines.append(f'#EXT-X-MAP:URI="{entry.init_uri}"')
            init_uri = entry.init_uri
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(entry.program_time_ms)}")
        lines.append(f"#EXTINF:{entry.duration_s:.{EXTINF_DECIMALS}f},")
        lines.append(entry.uri)
    if is_ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _date_time(utc_ms: int) -> str:
    moment = datetime.fromtimestamp(utc_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
