"""The queue of an output: bounded by time, drops pictures by policy, never sound or keyframes, and counts."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from encoder.outputs.packet_queue import PacketQueue, QueueLimits
from encoder.packets import MediaPacket, PacketKind

TICK_US = 33_333
TIGHT = QueueLimits(disposable_ms=300, picture_ms=500, resume_ms=250, overrun_ms=4000, overrun_bytes=100_000)


def picture(tick: int, *, is_keyframe: bool = False, is_disposable: bool = False) -> MediaPacket:
    return MediaPacket(PacketKind.VIDEO, tick * TICK_US, is_keyframe, b"v%d" % tick, is_disposable=is_disposable)


def sound(tick: int) -> MediaPacket:
    return MediaPacket(PacketKind.AUDIO, tick * TICK_US, True, b"a%d" % tick)


def drained(queue: PacketQueue) -> list[MediaPacket]:
    packets = []
    while packet := queue.take_nowait():
        packets.append(packet)
    return packets


def pictures_of(packets: list[MediaPacket]) -> list[MediaPacket]:
    return [packet for packet in packets if packet.kind is PacketKind.VIDEO]


async def test_nothing_is_taken_while_it_is_closed() -> None:
    queue = PacketQueue()
    queue.offer(picture(0, is_keyframe=True))
    assert queue.queued_ms == 0.0 and queue.queued_bytes == 0
    assert queue.dropped_pictures == 0, "nobody was waiting for it"


async def test_it_begins_with_a_keyframe_and_sound_does_not_come_before_it() -> None:
    queue = PacketQueue()
    queue.open()
    for packet in (sound(0), picture(1), picture(2, is_keyframe=True), sound(3), picture(4)):
        queue.offer(packet)
    assert [packet.payload for packet in drained(queue)] == [b"v2", b"a3", b"v4"]


async def test_pictures_that_no_other_needs_go_first() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    for tick in range(14):  # 433 ms: between the two thresholds
        queue.offer(picture(tick, is_keyframe=tick == 0, is_disposable=tick % 2 == 1))
    kept = [int(packet.payload[1:]) for packet in drained(queue)]
    assert kept == [0, 2, 4, 6, 8, 10, 12], "those that waited were taken out too"
    assert queue.dropped_pictures == queue.dropped_disposable == 7


async def test_over_the_limit_all_but_keyframes_and_sound_is_dropped_from_what_waits_too() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    for tick in range(90):
        queue.offer(picture(tick, is_keyframe=tick % 30 == 0))
        queue.offer(sound(tick))
    packets = drained(queue)
    assert [packet for packet in packets if packet.kind is PacketKind.AUDIO] == [sound(tick) for tick in range(90)]
    assert pictures_of(packets) == [picture(tick, is_keyframe=True) for tick in (0, 30, 60)]
    assert queue.dropped_pictures == 87 and queue.dropped_sounds == 0
    queue.offer(picture(90))
    assert drained(queue) == [], "it goes on at a keyframe"
    queue.offer(picture(91, is_keyframe=True))
    queue.offer(picture(92))
    assert drained(queue) == [picture(91, is_keyframe=True), picture(92)]


async def test_a_keyframe_in_a_queue_that_is_still_long_does_not_end_the_drop() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    for tick in range(17):
        queue.offer(picture(tick, is_keyframe=tick == 0))
    for tick in range(17, 29):
        queue.offer(sound(tick))
    queue.offer(picture(29, is_keyframe=True))
    queue.offer(picture(30))
    assert pictures_of(drained(queue)) == [picture(0, is_keyframe=True), picture(29, is_keyframe=True)]


async def test_what_is_never_dropped_is_bounded_and_the_queue_then_over() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    ended = asyncio.create_task(queue.overrun())
    tick = 0
    while not queue.is_overrun:
        queue.offer(picture(tick, is_keyframe=tick % 30 == 0))
        queue.offer(sound(tick))
        tick += 1
    await ended
    assert 4.0 < tick / 30 < 4.2
    assert queue.take_nowait() is None and queue.queued_bytes == 0
    assert queue.dropped_sounds > 100, "the connection's end costs sound, and it is counted"
    queue.open()
    queue.offer(picture(tick, is_keyframe=True))
    assert not queue.is_overrun and queue.take_nowait() is not None


async def test_huge_keyframes_are_bounded_by_bytes() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    for tick in (0, 1, 2):
        queue.offer(MediaPacket(PacketKind.VIDEO, tick * TICK_US, True, bytes(40_000)))
    assert queue.is_overrun


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


async def test_congestion_is_queued_time_over_the_limit() -> None:
    queue = PacketQueue(TIGHT)
    queue.open()
    queue.offer(picture(0, is_keyframe=True))
    queue.offer(sound(6))
    assert 0.39 < queue.congestion < 0.41
    queue.offer(sound(60))
    assert queue.congestion == 1.0


class QueueMachine(RuleBasedStateMachine):
    """An encoder that offers, a connection that takes now and then, opens and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = PacketQueue(TIGHT)
        self.tick = 0
        self.is_open = False
        self.chain: int | None = None
        """The last picture taken that others may refer to, and that can be decoded."""
        self.previous_reference: dict[int, int] = {}
        self.last_reference = -1
        self.due_sounds: list[bytes] = []
        """Accepted or offered after the first keyframe since the opening, not yet taken."""
        self.due_keyframes: list[bytes] = []
        self.has_begun = False
        self.last_taken_us = -1
        self.offered_pictures = self.taken_pictures = 0

    @rule()
    def open(self) -> None:
        if not self.is_open:
            self.queue.open()
            self.is_open, self.has_begun, self.chain, self.last_taken_us = True, False, None, -1
            self.due_sounds, self.due_keyframes = [], []

    @rule()
    def close(self) -> None:
        self.queue.close()
        self.is_open = False

    @rule(count=st.integers(1, 40), kinds=st.sampled_from(["KppppppppppS", "KbpbpbpbpSbp", "ppp", "K", "S", "bp"]))
    def offer(self, count: int, kinds: str) -> None:
        for index in range(count):
            self._offer(kinds[index % len(kinds)])

    def _offer(self, kind: str) -> None:
        tick = self.tick
        self.tick += 1
        if kind == "S":
            packet = sound(tick)
            if self.is_open and self.has_begun:
                self.due_sounds.append(packet.payload)
        else:
            packet = picture(tick, is_keyframe=kind == "K", is_disposable=kind == "b")
            self.previous_reference[tick] = self.last_reference
            if kind != "b":
                self.last_reference = tick
            if kind == "K" and self.is_open:
                self.has_begun = True
                self.due_keyframes.append(packet.payload)
        self.queue.offer(packet)
        if self.queue.is_overrun:
            self.is_open = False

    @rule(count=st.integers(1, 30))
    def take(self, count: int) -> None:
        for _ in range(count):
            packet = self.queue.take_nowait()
            if packet is None:
                return
            assert packet.at_us >= self.last_taken_us, "order is kept"
            self.last_taken_us = packet.at_us
            if packet.kind is PacketKind.AUDIO:
                assert packet.payload == self.due_sounds.pop(0), "no sound is lost"
                continue
            tick = int(packet.payload[1:])
            if packet.is_keyframe:
                assert packet.payload == self.due_keyframes.pop(0), "no keyframe is lost"
            else:
                assert self.chain == self.previous_reference[tick], "decodable"
            if not packet.is_disposable:
                self.chain = tick

    @invariant()
    def is_bounded(self) -> None:
        assert self.queue.queued_ms <= TIGHT.overrun_ms
        assert self.queue.queued_bytes <= TIGHT.overrun_bytes
        assert self.is_open or self.queue.take_nowait() is None


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
