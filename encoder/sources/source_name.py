"""A source's name, as on the command line and on the wire: `kind` or `kind:argument`."""

from __future__ import annotations

from dataclasses import dataclass

from encoder.errors import SourceError
from encoder.sources.network_address import SCHEMES, is_network_address, shown_address
from gshop_studio.engine_protocol import Fault

VIDEO_HINT = "camera, camera:NAME, camera:rtsp://HOST/PATH, screen, image:PATH, file:PATH, test"
AUDIO_HINT = "microphone, microphone:NAME, file:PATH, tone, silence"
AUDIO_KINDS = frozenset({"microphone", "file", "tone", "silence"})
"""What can be heard."""


@dataclass(frozen=True, slots=True, repr=False)
class SourceName:
    """`kind` or `kind:argument`. As text it holds no secrets; the argument may."""

    kind: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{_shown(self.argument)}" if self.argument else self.kind

    def __repr__(self) -> str:
        return f"SourceName({str(self)!r})"

    @property
    def is_network(self) -> bool:
        """Whether it is a camera that is reached by an address."""
        return self.kind == "network" or (self.kind == "camera" and is_network_address(self.argument))


def parse_video(text: str) -> SourceName:
    """A picture source's name.

    Raises:
        SourceError: `source.bad_name`.
    """
    name = _parse(
        text,
        alone={"camera", "screen", "test"},
        with_argument={"camera", "network", "screen", "image", "file"},
        hint=VIDEO_HINT,
    )
    if name.kind in ("camera", "network") and "://" in name.argument and not name.is_network:
        raise _bad_address(name)
    if name.kind == "network" and not is_network_address(name.argument):
        raise _bad_address(name)
    return name


def parse_audio(text: str) -> SourceName:
    """A sound source's name.

    Raises:
        SourceError: `source.bad_name`.
    """
    return _parse(text, alone={"microphone", "tone", "silence"}, with_argument={"microphone", "file"}, hint=AUDIO_HINT)


def _parse(text: str, *, alone: set[str], with_argument: set[str], hint: str) -> SourceName:
    kind, colon, argument = text.partition(":")
    if (not colon and kind in alone) or (kind in with_argument and argument):
        return SourceName(kind, argument)
    raise SourceError(Fault("source.bad_name", {"source": _shown(text), "hint": hint}))


def _bad_address(name: SourceName) -> SourceError:
    hint = ", ".join(f"{scheme}://" for scheme in SCHEMES)
    return SourceError(Fault("source.bad_name", {"source": str(name), "hint": hint}))


def _shown(text: str) -> str:
    return shown_address(text) if "://" in text else text
