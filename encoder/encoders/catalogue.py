"""Which video encoders work on this machine: found by opening each one and encoding a picture with it.

A driver may hang or crash, so it is tried in a child process, which is given up without harm. That takes a second or
two: not on an event loop's thread.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import av

from encoder.encoders.encoder_settings import SOFTWARE_ENCODER

LABELS = {
    SOFTWARE_ENCODER: "x264",
    "h264_nvenc": "NVIDIA NVENC",
    "h264_qsv": "Intel Quick Sync",
    "h264_amf": "AMD AMF",
    "h264_videotoolbox": "Apple VideoToolbox",
    "h264_vaapi": "VAAPI",
    "h264_mf": "Microsoft Media Foundation",
}
_BY_PLATFORM = {
    "linux": ("h264_nvenc", "h264_qsv", "h264_amf", "h264_vaapi"),
    "win32": ("h264_nvenc", "h264_qsv", "h264_amf", "h264_mf"),
    "darwin": ("h264_videotoolbox",),
}
TRYING, WORKING, FAILING = "trying", "working", "failing"
"""What the child process says of an encoder, a line each."""
_PROBE_S = 15.0

ProbeCommand = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """An encoder that works. `id` is libav's name; `label` is a product's, the same in every language."""

    id: str
    label: str
    is_hardware: bool


def probe_command(encoder_ids: Sequence[str]) -> list[str]:
    """The child process that tries these. A packaged program has no interpreter, and is its own."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "probe-encoders", *encoder_ids]
    return [sys.executable, "-m", "encoder.encoders.probe", *encoder_ids]


def candidates(platform: str = sys.platform) -> list[str]:
    """The hardware encoders that could be there: of this platform, and in the libraries."""
    return [encoder_id for encoder_id in _BY_PLATFORM.get(platform, ()) if encoder_id in av.codecs_available]


def available_encoders(
    encoder_ids: Sequence[str] | None = None, *, command: ProbeCommand = probe_command, timeout_s: float = _PROBE_S
) -> list[EncoderInfo]:
    """Those that work; x264 is always there, and the first.

    Args:
        encoder_ids: Hardware encoders to try; without them, `candidates`.
        command: The child process that tries some encoders.
        timeout_s: For all that one child tries. The one it hangs or dies at counts as failing; another child goes on
            after it.
    """
    waiting = list(candidates() if encoder_ids is None else encoder_ids)
    working = [SOFTWARE_ENCODER]
    while waiting:
        said = _said_by_child(command(waiting), timeout_s)
        working += [encoder_id for word, encoder_id in said if word == WORKING and encoder_id in waiting]
        tried = [encoder_id for word, encoder_id in said if word == TRYING and encoder_id in waiting]
        if not tried:
            break  # it cannot even begin
        waiting = waiting[waiting.index(tried[-1]) + 1 :]
    return [
        EncoderInfo(encoder_id, LABELS.get(encoder_id, encoder_id), encoder_id != SOFTWARE_ENCODER)
        for encoder_id in working
    ]


def _said_by_child(command: list[str], timeout_s: float) -> list[tuple[str, str]]:
    try:
        output = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    except OSError:
        return []
    pairs = [line.split() for line in output.decode("utf-8", "replace").splitlines()]
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
