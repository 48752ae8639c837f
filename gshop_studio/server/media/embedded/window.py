"""The live window of one stream, in memory: what is listed, what can still be fetched, what is forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.numbers import Numbers
from gshop_studio.server.media.embedded.playlist import EXTINF_DECIMALS, PlaylistEntry, build_playlist
from gshop_studio.server.media.embedded.segment import Segment


class LiveWindow:
    """Segments in, playlist and files out. Sequence numbers rise by one and never go backwards.

    Bounded: by media time, by count and by bytes. What is oldest goes first.
    """

    def __init__(self, first_sequence: int, limits: WindowLimits, *, goes_on_from: Numbers | None = None) -> None:
        """`goes_on_from`: the numbers of a window that was lost; they win over `first_sequence`."""
        numbers = goes_on_from or Numbers(first_sequence, 0, target_duration_s=1)
        self._limits = limits
        self._follows = goes_on_from is not None
        self._next_sequence = numbers.next_sequence
        self._discontinuity_sequence = numbers.discontinuity_sequence
        self._kept: deque[PlaylistEntry] = deque()
        self._listed_count = 0
        self._segments: dict[str, bytes] = {}
        self._inits: dict[str, bytes] = {}
        self._init_name = ""
        self._byte_count = 0
        self._target_duration_s = max(1, numbers.target_duration_s)
        self._is_ended = False
        self._playlist: bytes | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever listed."""
        return not self._kept

    @property
    def is_ended(self) -> bool:
        return self._is_ended

    @property
    def byte_count(self) -> int:
        """Memory held by media."""
        return self._byte_count + sum(map(len, self._inits.values()))

    @property
    def numbers(self) -> Numbers:
        """What the next segment needs to know."""
        return Numbers(self._next_sequence, self._discontinuity_sequence, self._target_duration_s)

    def append(self, segment: Segment) -> PlaylistEntry:
        """List a segment. Not after the end."""
        assert not self._is_ended, "the stream is over"
        is_discontinuity = segment.is_discontinuity and (self._follows or bool(self._kept))
        self._discontinuity_sequence += is_discontinuity
        if self._inits.get(self._init_name) != segment.init.data:
            self._init_name = f"init-{self._next_sequence}.mp4"
            self._inits[self._init_name] = segment.init.data
        entry = PlaylistEntry(
            sequence=self._next_sequence,
            uri=f"seg-{self._next_sequence}.m4s",
            init_uri=self._init_name,
            duration_s=round(segment.duration_s, EXTINF_DECIMALS),
            program_time_ms=segment.program_time_ms,
            is_discontinuity=is_discontinuity,
            discontinuity_sequence=self._discontinuity_sequence,
            starts_with_keyframe=segment.starts_with_keyframe,
        )
        self._next_sequence += 1
        self._target_duration_s = max(self._target_duration_s, int(entry.duration_s + 0.5))
        self._kept.append(entry)
        self._segments[entry.uri] = segment.data
        self._listed_count += 1
        self._byte_count += len(segment.data)
        self._slide()
        self._playlist = None
        return entry

    def end(self) -> None:
        """Nothing more comes; the playlist says so."""
        self._is_ended = True
        self._playlist = None

    def playlist(self) -> bytes | None:
        """The playlist now; None before the first segment."""
        if self._playlist is None and self._kept:
            text = build_playlist(
                self._listed(),
                target_duration_s=self._target_duration_s,
                is_ended=self._is_ended,
            )
            self._playlist = text.encode()
        return self._playlist

    def file(self, name: str) -> bytes | None:
        """A segment or an init segment by the name it is listed under; None when it is gone or never was."""
        return self._segments.get(name, self._inits.get(name))

    def _listed(self) -> list[PlaylistEntry]:
        return list(self._kept)[len(self._kept) - self._listed_count :]

    def _slide(self) -> None:
        limits = self._limits
        listed = self._listed()
        listed_s = _duration(listed)
        for oldest in listed:
            shorter_s = listed_s - oldest.duration_s
            fewest_s = 3 * self._target_duration_s  # RFC 8216, 6.2.2
            if self._listed_count <= limits.min_listed or shorter_s < max(limits.listed_s, fewest_s):
                break
            listed_s = shorter_s
            self._listed_count -= 1
        kept_s = _duration(self._kept)
        while len(self._kept) > 1 and (
            kept_s - self._kept[0].duration_s > listed_s + limits.kept_s
            or len(self._kept) > limits.max_segments
            or self._byte_count > limits.max_bytes
        ):
            gone = self._kept.popleft()
            kept_s -= gone.duration_s
            self._byte_count -= len(self._segments.pop(gone.uri))
        self._listed_count = min(self._listed_count, len(self._kept))
        used = {entry.init_uri for entry in self._kept}
        self._inits = {name: data for name, data in self._inits.items() if name in used}


def _duration(entries: Iterable[PlaylistEntry]) -> float:
    return sum(entry.duration_s for entry in entries)
