"""Who may do what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require
from gshop_studio.server.refusals import Refused


def caller(user_id: str, role: Role = Role.BUYER) -> Caller:
    return Caller(user_id, role, user_id, "en", None, datetime(2030, 1, 1, tzinfo=UTC))


def show(*, is_private: bool) -> StreamFacts:
    return StreamFacts("s", "host", StreamStatus.LIVE, is_private, ("friend",), None, "en", None)


PEOPLE = {
    "host": caller("host", Role.SELLER),
    "friend": caller("friend"),
    "stranger": caller("stranger"),
    "other seller": caller("other", Role.SELLER),
    "support": caller("support", Role.SUPPORT),
    "nobody": None,
}
PUBLIC = {
    StreamRight.WATCH: set(PEOPLE),
    StreamRight.CHAT: set(PEOPLE) - {"nobody"},
    StreamRight.HOST: {"host"},
    StreamRight.SHOW_PRODUCTS: {"host"},
    StreamRight.SEE_NUMBERS: {"host"},
}
LET_IN = {"host", "friend", "support"}
PRIVATE = {**PUBLIC, StreamRight.WATCH: LET_IN, StreamRight.CHAT: LET_IN}


@pytest.mark.parametrize("right", list(StreamRight))
@pytest.mark.parametrize(("is_private", "table"), [(False, PUBLIC), (True, PRIVATE)])
def test_rights_on_a_show(right: StreamRight, is_private: bool, table: dict[StreamRight, set[str]]) -> None:
    stream = show(is_private=is_private)
    assert {name for name, who in PEOPLE.items() if may(who, right, stream)} == table[right]


@pytest.mark.parametrize(
    ("who", "right", "is_private", "code"),
    [
        ("nobody", StreamRight.CHAT, False, "auth.required"),
        ("nobody", StreamRight.WATCH, True, "stream.private"),
        ("stranger", StreamRight.CHAT, True, "stream.private"),
        ("stranger", StreamRight.HOST, False, "auth.forbidden"),
        ("friend", StreamRight.HOST, True, "auth.forbidden"),
    ],
)
def test_the_refused_are_told_why(who: str, right: StreamRight, is_private: bool, code: str) -> None:
    with pytest.raises(Refused, match=code):
        require(PEOPLE[who], right, show(is_private=is_private))
