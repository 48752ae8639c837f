"""Access tokens: one that was read before is as good, and as old, as at first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.accounts.tokens import AccessTokens
from gshop_studio.server.refusals import Refused


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_token_read_before_still_expires() -> None:
    clock = Clock()
    tokens = AccessTokens(b"k" * 32, 900, clock)
    token = tokens.issue("ana", Role.BUYER)
    assert tokens.read(token) == tokens.read(token) and tokens.read(token).user_id == "ana"
    clock.now += timedelta(seconds=900)
    with pytest.raises(Refused) as refused:
        tokens.read(token)
    assert refused.value.code == "auth.token_expired"


def test_one_that_differs_by_a_letter_is_not_the_one_read_before() -> None:
    tokens = AccessTokens(b"k" * 32, 900, Clock())
    token = tokens.issue("ana", Role.BUYER)
    tokens.read(token)
    other = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            tokens.read(other)
        assert refused.value.code == "auth.bad_token"
