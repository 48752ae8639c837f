"""Picture and sound leave in one order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoder.interleaver import LONGEST_HOLD_US, Interleaver
from encoder.packets import MediaPacket, PacketKind


def packet(kind: PacketKind, at_us: int) -> MediaPacket:
    return MediaPacket(kind, at_us, True, b"")


@given(st.lists(st.tuples(st.sampled_from(PacketKind), st.integers(1, 40_000)), max_size=200))
def test_times_never_fall_while_neither_kind_stalls(steps: list[tuple[PacketKind, int]]) -> None:
    interleaver, now = Interleaver(), dict.fromkeys(PacketKind, 0)
    put, released = [], []
    for kind, advance in steps:
        now[kind] += advance
        if max(now.values()) - min(now.values()) > LONGEST_HOLD_US:
            now = dict.fromkeys(PacketKind, max(now.values()))
        put.append(packet(kind, now[kind]))
        released += interleaver.put(put[-1])
    times = [one.at_us for one in released]
    assert times == sorted(times)
    assert set(map(id, released)) <= set(map(id, put)) and len(set(map(id, released))) == len(released)


def test_a_kind_that_stalls_does_not_hold_the_other_back() -> None:
    interleaver = Interleaver()
    released = [one for tick in range(60) for one in interleaver.put(packet(PacketKind.VIDEO, tick * 33_333))]
    assert len(released) >= 60 - LONGEST_HOLD_US // 33_333 - 2


def test_a_packet_leaves_as_soon_as_the_other_kind_has_come_as_far() -> None:
    interleaver = Interleaver()
    assert interleaver.put(packet(PacketKind.AUDIO, 10)) == []
    assert [one.at_us for one in interleaver.put(packet(PacketKind.VIDEO, 20))] == [10]
    assert [one.at_us for one in interleaver.put(packet(PacketKind.AUDIO, 30))] == [20]
