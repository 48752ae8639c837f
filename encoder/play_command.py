"""`gshop-studio play`: a viewer without a screen, for the demo. It really plays a live stream, and measures it.

Pictures and sound are decoded and shown to nobody at the pace of their time stamps, as a player would; what comes too
late stalls it. Reads the time code, and pairs flashes with beeps where the picture is the test card.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from encoder.flash_and_beep import BeepDetector, FlashDetector, pair_offsets_ms
from encoder.picture import plane_rows
from encoder.time_code_burner import read_time_code

_SHORTEST_OPEN_S, _LONGEST_OPEN_S = 2.0, 10.0
_RETRY_S = 0.25
_NETWORK_TIMEOUT_S = (5.0, 8.0)
_LIVE_EDGE = {"live_start_index": "-1"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--report", type=Path, required=True)


def run(arguments: argparse.Namespace) -> int:
    """Play, and write the report. The exit status is 0 when pictures with time codes were seen."""
    av.logging.restore_default_callback()
    av.logging.set_level(av.logging.PANIC)
    report = PlayReport()
    try:
        with _open(arguments.url, arguments.seconds) as container:
            _play(container, arguments.seconds, report)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        report.fault = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
        print(f"gshop-studio: {report.fault}", file=sys.stderr)
    arguments.report.write_text(json.dumps(report.to_json(), indent=1), encoding="utf-8")
    return 0 if report.frames_decoded and report.time_codes else 1


@dataclass(slots=True)
class PlayReport:
    """What was seen and heard."""

    frames_decoded: int = 0
    audio_samples: int = 0
    stalls: int = 0
    time_codes: list[int] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    flashes_s: list[float] = field(default_factory=list)
    beeps_s: list[float] = field(default_factory=list)
    fault: str | None = None

    def to_json(self) -> dict[str, object]:
        """The report's fields; None where nothing was there to measure."""
        latencies = sorted(self.latencies_ms)
        offsets = pair_offsets_ms(self.flashes_s, self.beeps_s)
        return {
            "frames_decoded": self.frames_decoded,
            "time_codes_read": len(self.time_codes),
            "first_time_code_ms": self.time_codes[0] if self.time_codes else None,
            "last_time_code_ms": self.time_codes[-1] if self.time_codes else None,
            "latency_ms_median": round(statistics.median(latencies), 1) if latencies else None,
            "latency_ms_p95": round(latencies[int(len(latencies) * 0.95)], 1) if latencies else None,
            "av_offset_ms_median": round(statistics.median(offsets), 1) if offsets else None,
            "flashes_paired": len(offsets),
            "audio_samples": self.audio_samples,
            "stalls": self.stalls,
            "fault": self.fault,
        }


class _Pace:
    """When each picture is due, by its time stamp. A picture that is late shifts all that follow: a stall."""

    def __init__(self) -> None:
        self._zero_s: float | None = None
        self.stalls = 0

    def wait_for(self, media_s: float) -> None:
        now_s = time.monotonic()
        if self._zero_s is None:
            self._zero_s = now_s - media_s
        late_s = now_s - (self._zero_s + media_s)
        if late_s > 0.1:
            self.stalls += 1
            self._zero_s += late_s
        elif late_s < 0:
            time.sleep(min(-late_s, 5.0))


def _open(url: str, seconds: float) -> av.container.InputContainer:
    """The stream, as soon as it is there."""
    deadline_s = time.monotonic() + max(_SHORTEST_OPEN_S, min(_LONGEST_OPEN_S, seconds))
    while True:
        try:
            options = _LIVE_EDGE if ".m3u8" in url else {}
            return av.open(url, timeout=_NETWORK_TIMEOUT_S, options=options)
        except (av.error.FFmpegError, OSError):
            if time.monotonic() > deadline_s:
                raise
            time.sleep(_RETRY_S)


def _play(container: av.container.InputContainer, seconds: float, report: PlayReport) -> None:
    streams = [*container.streams.video[:1], *container.streams.audio[:1]]
    pace, flashes, beeps = _Pace(), FlashDetector(), BeepDetector()
    end_s = time.monotonic() + seconds
    try:
        for packet in container.demux(streams):
            for frame in _decoded(packet):
                if isinstance(frame, av.VideoFrame):
                    if frame.time is not None:
                        pace.wait_for(frame.time)
                        report.flashes_s += flashes.add(frame, frame.time)
                    _see(frame, report)
                elif isinstance(frame, av.AudioFrame):
                    report.audio_samples += frame.samples
                    if frame.time is not None:
                        report.beeps_s += beeps.add(frame, frame.time)
            report.stalls = pace.stalls
            if time.monotonic() > end_s:
                return
    finally:
        report.stalls = pace.stalls


def _decoded(packet: av.packet.Packet[Any]) -> list[Any]:
    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return []  # what a damaged stream still gives is played


def _see(frame: av.VideoFrame, report: PlayReport) -> None:
    report.frames_decoded += 1
    code = read_time_code(plane_rows(frame.planes[0]), frame.width, frame.height)
    if code is not None:
        report.time_codes.append(code)
        report.latencies_ms.append(time.time() * 1000 - code)
