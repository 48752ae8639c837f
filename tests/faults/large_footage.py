"""Footage made larger with filler units, which decoders pass over: a small disk is full soon."""

from __future__ import annotations

from encoder.packets import MediaPacket, PacketKind
from tests.encoder.outputs.recorded import Footage

_FILLER = 12


def enlarged(shown: Footage, size_bytes: int) -> Footage:
    """The same pictures, each with so many bytes more."""
    filler = (size_bytes + 1).to_bytes(4, "big") + bytes((_FILLER,)) + b"\xff" * size_bytes
    packets = tuple(
        MediaPacket(one.kind, one.at_us, one.is_keyframe, filler + one.payload, one.config)
        if one.kind is PacketKind.VIDEO
        else one
        for one in shown.packets
    )
    return Footage(shown.stream, packets)
