"""The queue of an output: bounded by time, drops groups of pictures, never sound, and counts."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from encoder.outputs.packet_queue import PacketQueue
from encoder.packets import MediaPacket, PacketKind

TICK_US = 33_333


def picture(tick: int, *, is_keyframe: bool = False) -> MediaPacket:
    return MediaPacket(PacketKind.VIDEO, tick * TICK_US, is_keyframe, b"v%d" % tick)


def sound(tick: int) -> MediaPacket:
    return MediaPacket(PacketKind.AUDIO, tick * TICK_US, True, b"a%d" % tick)


async def drained(queue: PacketQueue) -> list[MediaPacket]:
    packets = []
    while queue.queued_ms > 0:
        packets.append(await queue.take())
    packets.append(await queue.take())
    return packets


async def test_nothing_is_taken_while_it_is_closed() -> None:
    queue = PacketQueue()
    queue.offer(picture(0, is_keyframe=True))
    assert queue.queued_ms == 0.0
    assert queue.dropped_pictures == 0, "nobody was waiting for it"


async def test_it_begins_with_a_keyframe_and_sound_does_not_come_before_it() -> None:
    queue = PacketQueue()
    queue.open()
    for packet in (sound(0), picture(1), picture(2, is_keyframe=True), sound(3), picture(4)):
        queue.offer(packet)
    assert [packet.payload for packet in await drained(queue)] == [b"v2", b"a3", b"v4"]


async def test_over_the_limit_pictures_are_dropped_to_the_next_keyframe_and_sound_never() -> None:
    queue = PacketQueue(limit_ms=500)
    queue.open()
    for tick in range(90):
        queue.offer(picture(tick, is_keyframe=tick % 30 == 0))
        queue.offer(sound(tick))
    packets = await drained(queue)
    assert [packet for packet in packets if packet.kind is PacketKind.AUDIO] == [sound(tick) for tick in range(90)]
    kept = [packet for packet in packets if packet.kind is PacketKind.VIDEO]
    assert kept == [picture(tick, is_keyframe=tick == 0) for tick in range(len(kept))], "the beginning of a group"
    assert queue.dropped_pictures == 90 - len(kept)
    queue.offer(picture(90, is_keyframe=True))
    assert await queue.take() == picture(90, is_keyframe=True)


async def test_closing_drops_and_counts_what_waits() -> None:
    queue = PacketQueue()
    queue.open()
    queue.offer(picture(0, is_keyframe=True))
    queue.offer(sound(1))
    queue.close()
    queue.offer(picture(2, is_keyframe=True))
    assert (queue.dropped_pictures, queue.dropped_sounds, queue.queued_ms) == (2, 1, 0.0)


async def test_a_taker_waits_for_the_next_packet() -> None:
    queue = PacketQueue()
    queue.open()
    taking = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    assert not taking.done()
    queue.offer(picture(0, is_keyframe=True))
    assert await taking == picture(0, is_keyframe=True)


@given(st.lists(st.tuples(st.sampled_from(["offer", "take"]), st.booleans(), st.booleans()), max_size=200))
def test_whatever_happens_what_comes_out_can_be_decoded(steps: list[tuple[str, bool, bool]]) -> None:
    """Each picture that is no keyframe follows, in what is sent, the picture it was encoded after."""

    async def play() -> None:
        queue = PacketQueue(limit_ms=200)
        queue.open()
        sent: list[int] = []
        tick = 0
        keyframes = {0}
        for action, is_keyframe, is_sound in steps:
            if action == "take" and queue.queued_ms > 0:
                packet = await queue.take()
                if packet.kind is PacketKind.VIDEO:
                    sent.append(int(packet.payload[1:]))
            elif action == "offer" and is_sound:
                queue.offer(sound(tick))
            elif action == "offer":
                if is_keyframe:
                    keyframes.add(tick)
                queue.offer(picture(tick, is_keyframe=tick in keyframes))
                tick += 1
        assert all(one in keyframes or one == before + 1 for before, one in pairwise(sent))
        assert not sent or sent[0] in keyframes

    asyncio.run(play())
