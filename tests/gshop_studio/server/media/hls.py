"""A reader of media playlists that checks them against RFC 8216 as it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ListedSegment:
    sequence: int
    uri: str
    init_uri: str
    duration_s: float
    program_time: datetime
    is_discontinuity: bool
    discontinuity_sequence: int


@dataclass
class Playlist:
    version: int = 0
    target_duration_s: int = 0
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    is_ended: bool = False
    is_independent: bool = False
    segments: list[ListedSegment] = field(default_factory=list)


def read_playlist(text: str) -> Playlist:
    """The playlist; an AssertionError where it breaks the RFC's rules."""
    lines = text.split("\n")
    assert lines[0] == "#EXTM3U" and lines[-1] == "", "begins with the signature, ends with a line feed"
    playlist = Playlist()
    seen: set[str] = set()
    init_uri = program_time = duration_s = None
    is_discontinuity = False
    discontinuities = 0
    for line in lines[1:-1]:
        name, _, value = line.partition(":")
        if name.startswith("#EXT-X-") and name not in (
            "#EXT-X-DISCONTINUITY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME"
        ):  # fmt: skip
            assert name not in seen, f"{name} only once (4.3.3)"
            seen.add(name)
        match name:
            case "#EXT-X-VERSION":
                playlist.version = int(value)
            case "#EXT-X-TARGETDURATION":
                playlist.target_duration_s = int(value)
            case "#EXT-X-MEDIA-SEQUENCE":
                assert not playlist.segments, "before the first segment (4.3.3.2)"
                playlist.media_sequence = int(value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                assert not playlist.segments and not is_discontinuity, "before both (4.3.3.3)"
                playlist.discontinuity_sequence = int(value)
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                playlist.is_independent = True
            case "#EXT-X-MAP":
                match = re.fullmatch(r'URI="([^"]+)"', value)
                assert match
                init_uri = match[1]
            case "#EXT-X-PROGRAM-DATE-TIME":
                program_time = datetime.fromisoformat(value)
                assert program_time.tzinfo is not None
            case "#EXT-X-DISCONTINUITY":
                is_discontinuity = True
                discontinuities += 1
            case "#EXT-X-ENDLIST":
                playlist.is_ended = True
            case "#EXTINF":
                duration_s = float(value.removesuffix(","))
                assert duration_s > 0
            case _:
                assert not line.startswith("#"), f"unknown tag {line}"
                assert init_uri and program_time and duration_s is not None
                segment = ListedSegment(
                    playlist.media_sequence + len(playlist.segments), line, init_uri, duration_s, program_time,
                    is_discontinuity, playlist.discontinuity_sequence + discontinuities,
                )  # fmt: skip
                if playlist.segments and init_uri != playlist.segments[-1].init_uri:
                    assert is_discontinuity, "another configuration is a discontinuity (4.3.2.3)"
                playlist.segments.append(segment)
                program_time = duration_s = None
                is_discontinuity = False
    assert duration_s is None and program_time is None and not is_discontinuity, "no tag is left without its segment"
    assert playlist.version >= 6, "EXT-X-MAP asks for it (7)"
    assert playlist.segments and playlist.target_duration_s > 0
    for segment in playlist.segments:
        assert int(segment.duration_s + 0.5) <= playlist.target_duration_s, "4.3.3.1"
    return playlist


def assert_follows(before: Playlist, after: Playlist) -> None:
    """The rules between two readings of one playlist (6.2.1, 6.2.2)."""
    assert after.media_sequence >= before.media_sequence
    assert after.discontinuity_sequence >= before.discontinuity_sequence
    assert after.target_duration_s >= before.target_duration_s
    assert before.segments[-1].sequence <= after.segments[-1].sequence, "nothing is taken from the end"
    known = {segment.sequence: segment for segment in before.segments}
    for segment in after.segments:
        if segment.sequence in known:
            assert segment == known[segment.sequence], "a listed segment does not change"
    if before.is_ended:
        assert after == before
