"""When a peer counts as live, and when as gone: told of events, second by second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.outputs.liveness import Liveness, LivenessTimings, LiveState
from encoder.outputs.tcp_info import TcpProgress

TIMINGS = LivenessTimings(silence_s=4.0, ping_s=1.0)
WINDOW = 100_000
TICK_S = 0.25


class Connection:
    """A publisher at 200 kB/s, its uplink, and a peer that speaks as it is told."""

    def __init__(self) -> None:
        self.liveness = Liveness(TIMINGS, WINDOW, 0.0, 1000)
        self.now_s = 0.0
        self.written = 4000
        self.delivered = 4000.0
        self.uplink_bytes_per_s = 1e9
        self.does_tcp_tell = True
        self.answers_pings = self.acknowledges = True
        self._pings: list[tuple[int, int]] = []
        self._next_ping_s = 0.0
        self._acked = 0
        self.ack_every_bytes = WINDOW

    def state(self) -> LiveState:
        return self.liveness.state

    def run(self, seconds: float, *, bytes_per_s: float = 200_000) -> float | None:
        """When it was found dead, within so many seconds; None if it was not."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += TICK_S
            self._tick(bytes_per_s)
            if self.liveness.is_dead(self.now_s):
                return self.now_s
        return None

    def _tick(self, bytes_per_s: float) -> None:
        live = self.liveness
        self.written += round(bytes_per_s * TICK_S)
        live.media_sent(self.now_s, self.written)
        if self.now_s >= self._next_ping_s:
            self._next_ping_s = self.now_s + 1.0
            self.written += 18
            live.ping_sent(self.now_s, round(self.now_s * 1000), self.written)
            self._pings.append((round(self.now_s * 1000), self.written))
        self.delivered = min(self.written, self.delivered + self.uplink_bytes_per_s * TICK_S)
        waiting = self.written - round(self.delivered)
        tcp = TcpProgress(round(self.delivered), waiting, 20.0) if self.does_tcp_tell else None
        live.observe(self.now_s, self.written, 0 if tcp else waiting, tcp)
        while self._pings and self._pings[0][1] <= self.delivered:
            stamp_ms, _ = self._pings.pop(0)
            if self.answers_pings:
                live.ping_answered(self.now_s, stamp_ms)
        if self.acknowledges and self.delivered - self._acked >= self.ack_every_bytes:
            self._acked = round(self.delivered)
            live.bytes_acknowledged(self.now_s, self._acked)


@pytest.mark.parametrize(("answers", "acknowledges"), [(True, True), (True, False), (False, True)])
def test_any_word_about_media_confirms(answers: bool, acknowledges: bool) -> None:
    connection = Connection()
    connection.answers_pings, connection.acknowledges = answers, acknowledges
    assert connection.run(2) is None
    assert connection.state() is LiveState.CONFIRMED


@pytest.mark.parametrize(("tells", "expected_s"), [(True, 1.0), (False, 3.0)])
def test_without_a_word_tcps_or_the_kernels_has_to_do(tells: bool, expected_s: float) -> None:
    connection = Connection()
    connection.answers_pings = connection.acknowledges = False
    connection.does_tcp_tell = tells
    while connection.state() is LiveState.NOT_YET:
        connection.run(TICK_S)
    assert connection.state() is LiveState.UNCONFIRMED
    assert expected_s <= connection.now_s <= expected_s + 0.5
    assert connection.run(60) is None
    connection.answers_pings = True
    connection.run(2)
    assert connection.state() is LiveState.CONFIRMED


def test_words_about_what_came_before_media_confirm_nothing() -> None:
    live = Liveness(TIMINGS, WINDOW, 0.0, 1000)
    live.ping_sent(0.1, 100, 4000)
    live.media_sent(0.2, 50_000)
    live.ping_answered(0.3, 100)
    live.bytes_acknowledged(0.3, 1000 + 3073)  # a peer that counts the handshake too
    assert live.ping_answered(0.4, 77) is None, "a ping that was never sent"
    states = [live.state]
    live.bytes_acknowledged(0.5, 1000 + 3074)
    assert [*states, live.state] == [LiveState.NOT_YET, LiveState.CONFIRMED]


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize(("answers", "acknowledges"), [(True, True), (True, False), (False, True)])
def test_a_frozen_process_is_noticed_within_five_seconds_though_its_kernel_goes_on(
    answers: bool, acknowledges: bool, tells: bool
) -> None:
    connection = Connection()
    connection.answers_pings, connection.acknowledges, connection.does_tcp_tell = answers, acknowledges, tells
    for _ in range(5):
        assert connection.run(2.25) is None
    connection.answers_pings = connection.acknowledges = False
    frozen_s = connection.now_s
    dead_s = connection.run(10)
    assert dead_s is not None and dead_s - frozen_s <= 5.0


@pytest.mark.parametrize("speaks", [True, False])
def test_a_cut_network_is_noticed_within_five_seconds(speaks: bool) -> None:
    connection = Connection()
    connection.answers_pings = connection.acknowledges = speaks
    assert connection.run(10) is None
    connection.uplink_bytes_per_s = 0
    cut_s = connection.now_s
    dead_s = connection.run(10)
    assert dead_s is not None and 3.5 <= dead_s - cut_s <= 5.0


def test_a_network_gone_for_three_seconds_is_survived() -> None:
    connection = Connection()
    assert connection.run(10) is None
    connection.uplink_bytes_per_s = 0
    assert connection.run(3) is None
    connection.uplink_bytes_per_s = 400_000
    assert connection.run(10) is None


def test_a_slow_uplink_is_no_silence() -> None:
    """The answers wait behind seconds of our own media: the peer cannot know of the pings."""
    connection = Connection()
    assert connection.run(10) is None
    connection.uplink_bytes_per_s = 20_000
    assert connection.run(30, bytes_per_s=30_000) is None


def test_a_peer_that_only_acknowledges_is_not_expected_to_when_little_is_sent() -> None:
    connection = Connection()
    connection.answers_pings = False
    assert connection.run(10) is None
    assert connection.run(60, bytes_per_s=2_000) is None


@pytest.mark.parametrize("only_first_s", [0.5, 13.0])
def test_a_peer_that_spoke_once_need_not_speak_again(only_first_s: float) -> None:
    connection = Connection()
    connection.answers_pings = False
    connection.ack_every_bytes = 100_000 if only_first_s < 1 else 2_500_000
    assert connection.run(only_first_s) is None
    connection.acknowledges = False
    assert connection.run(60) is None


def test_a_peer_that_acknowledges_in_strides_of_its_own_is_taken_as_it_is() -> None:
    connection = Connection()
    connection.answers_pings = False
    connection.ack_every_bytes = 2_500_000
    assert connection.run(100) is None
    connection.acknowledges = False
    assert connection.run(30) is not None


def test_a_peer_that_answers_nothing_is_never_dead_while_it_takes_our_bytes() -> None:
    connection = Connection()
    connection.answers_pings = connection.acknowledges = False
    assert connection.run(120) is None


@given(st.lists(st.tuples(st.sampled_from(["ping", "answer", "ack", "observe", "media"]), st.integers(0, 10**7))))
def test_nothing_a_peer_says_breaks_it_or_takes_a_confirmation_back(events: list[tuple[str, int]]) -> None:
    live = Liveness(TIMINGS, WINDOW, 0.0, 1000)
    was_confirmed = False
    for index, (what, number) in enumerate(events):
        now_s = index / 10
        match what:
            case "ping":
                live.ping_sent(now_s, number % 50, number)
            case "answer":
                live.ping_answered(now_s, number % 50)
            case "ack":
                live.bytes_acknowledged(now_s, number)
            case "observe":
                live.observe(now_s, number, number // 3, TcpProgress(number, number // 2, 1.0) if number % 2 else None)
            case "media":
                live.media_sent(now_s, number)
        live.is_dead(now_s)
        assert live.state is LiveState.CONFIRMED or not was_confirmed
        was_confirmed = live.state is LiveState.CONFIRMED
