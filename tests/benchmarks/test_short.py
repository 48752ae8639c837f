"""The crowds of `make bench`, small and short: they come, and nothing is lost or refused. Nothing is timed."""

from __future__ import annotations

from tests.benchmarks import fan_out, rest_load


def test_every_message_reaches_everybody() -> None:
    """At our server and at Node's."""
    for measured in fan_out.run(fan_out.SHORT_VIEWERS, fan_out.SHORT_S):
        assert measured.deliveries == measured.expected > fan_out.SHORT_VIEWERS


def test_the_load_script_gets_every_answer_it_wishes_for() -> None:
    measured = rest_load.run(rest_load.SHORT_SCALE, rest_load.SHORT_WATCH_S)
    assert measured.failures == 0 and measured.requests > 100
    assert measured.socket_p95_ms > 0, "somebody was in the room"
