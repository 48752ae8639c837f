"""Redis that fails: what those who can do without it do, and what the log says."""

from __future__ import annotations

import logging

import pytest
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import ReadOnlyError

from gshop_studio.server.shared_redis import ASK_AGAIN_S, Outage

log = logging.getLogger(__name__)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_redis_is_left_alone_for_a_moment_and_that_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    outage = Outage("counters", "counting alone", log, clock)
    assert not outage.is_on
    for _ in range(3):  # all who waited for the same answer
        outage.failed(NotConnected("no answer"))
    assert outage.is_on
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages == ["counters: Redis failed (ConnectionError: no answer); counting alone"]
    clock.now_s += ASK_AGAIN_S
    assert not outage.is_on


def test_what_redis_refuses_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """It does not end by itself."""
    Outage("counters", "counting alone", log, Clock()).failed(ReadOnlyError("it may only be read"))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
