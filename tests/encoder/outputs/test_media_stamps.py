"""Time stamps of what is published."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoder.outputs.media_stamps import MediaStamps
from encoder.packets import MediaPacket, PacketKind

BASE_US = 1_700_000_000_000_000


def packet(at_us: int) -> MediaPacket:
    return MediaPacket(PacketKind.VIDEO, at_us, False, b"")


@given(st.lists(st.integers(-5_000_000, 10**11)))
def test_they_never_fall(offsets_us: list[int]) -> None:
    stamps = MediaStamps(BASE_US)
    given_ms = [stamps.stamp_ms(packet(BASE_US + offset_us)) for offset_us in offsets_us]
    assert given_ms == sorted(given_ms) and all(stamp >= 0 for stamp in given_ms)


def test_they_follow_capture_to_the_millisecond() -> None:
    stamps = MediaStamps(BASE_US)
    assert [stamps.stamp_ms(packet(BASE_US + tick * 1_000_000 // 30)) for tick in range(4)] == [0, 33, 67, 100]
    assert stamps.stamp_ms(packet(BASE_US + 3_600_000_000)) == 3_600_000
