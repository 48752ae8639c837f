"""The child process that tries encoders (`gshop-studio probe-encoders ID ...`). Lines of `catalogue` on stdout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from encoder.encoders.catalogue import FAILING, TRYING, WORKING
from encoder.encoders.codec import AvCodec, ContextOpener
from encoder.encoders.codec_context import open_context
from encoder.encoders.encoder_settings import EncoderSettings
from encoder.errors import EncoderError
from encoder.picture import PictureSize, black_frame
from encoder.sources.source import ColourMatrix

_SETTINGS = EncoderSettings(1280, 720, 2500, ColourMatrix.BT709)
_MOST_PICTURES = 30
"""An encoder may keep a few before the first comes out."""


def does_work(encoder_id: str, opener: ContextOpener = open_context) -> bool:
    """Whether it can be opened and a keyframe comes out of it."""
    try:
        codec = AvCodec(encoder_id, _SETTINGS, opener)
        for tick in range(_MOST_PICTURES):
            frame = black_frame(PictureSize(_SETTINGS.width, _SETTINGS.height))
            pictures = codec.encode(frame, tick, is_keyframe_wanted=tick == 0, video_kbps=_SETTINGS.video_kbps)
            if pictures:
                return pictures[0].is_keyframe and pictures[0].config[:1] == b"\x01"
    except EncoderError:
        return False
    return False


def probe(encoder_ids: Sequence[str], say: Callable[[str], None], opener: ContextOpener = open_context) -> None:
    """Try each, and say so before and after."""
    for encoder_id in encoder_ids:
        say(f"{TRYING} {encoder_id}")
        say(f"{WORKING if does_work(encoder_id, opener) else FAILING} {encoder_id}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("encoder_ids", nargs="*", metavar="ID")


def run(arguments: argparse.Namespace) -> int:
    """Try the encoders."""
    probe(arguments.encoder_ids, _print_at_once)
    return 0


def _print_at_once(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    probe(sys.argv[1:], _print_at_once)
