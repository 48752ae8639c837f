"""Counting bytes with a peer."""

from __future__ import annotations

from gshop_studio.rtmp.acknowledgement import AcknowledgedBytes, AcknowledgementDebt


def test_the_total_grows_over_wraps_and_never_exceeds_what_was_sent() -> None:
    acknowledged = AcknowledgedBytes()
    sent = 0
    for _ in range(10):
        sent += 1_500_000_000
        assert acknowledged.acknowledge(sent % 2**32, sent) == sent


def test_a_peer_that_counts_the_handshake_too() -> None:
    acknowledged = AcknowledgedBytes()
    assert acknowledged.acknowledge(3073 + 500, 500) == 500
    assert acknowledged.acknowledge(3073 + 900, 1000) == 1000


def test_a_counter_that_restarts_at_zero() -> None:
    """nginx-rtmp does so at 0xF0000000."""
    acknowledged = AcknowledgedBytes()
    sent = 0
    while sent < 0xEFFF0000:
        sent += 1 << 28
        acknowledged.acknowledge(min(sent, 0xEFFF0000), sent)
    before = acknowledged.total
    assert acknowledged.acknowledge(20_000, sent + 40_000) == before + 20_000
    assert acknowledged.acknowledge(40_000, sent + 60_000) == before + 40_000


def test_lies_and_repetitions_change_nothing() -> None:
    acknowledged = AcknowledgedBytes()
    assert acknowledged.acknowledge(100, 200) == 100
    assert acknowledged.acknowledge(100, 200) == 100
    assert acknowledged.acknowledge(3_000_000_000, 200) == 100
    assert acknowledged.acknowledge(150, 200) == 150


def test_an_acknowledgement_is_due_once_a_window() -> None:
    debt = AcknowledgementDebt(1000)
    debt.add(999)
    assert debt.settle() is None
    debt.add(1)
    assert debt.settle() == 1000
    assert debt.settle() is None
    debt.set_window(10)
    debt.add(2**32)
    assert debt.settle() == 1000
    debt.set_window(0)
    debt.add(10**6)
    assert debt.settle() is None
