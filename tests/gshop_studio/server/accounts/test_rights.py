"""Who may do what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract.rest import ModeratorRight, Role
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import Standing, StreamFacts, StreamRight, may, require
from gshop_studio.server.refusals import Refused

R = StreamRight


def caller(user_id: str, role: Role = Role.BUYER) -> Caller:
    return Caller(user_id, role, user_id, "en", None, datetime(2030, 1, 1, tzinfo=UTC))


def moderator(*rights: ModeratorRight) -> Standing:
    return Standing(is_moderator=True, moderator_rights=frozenset(rights))


PUBLIC = StreamFacts("s", "host", StreamStatus.LIVE, False, (), None, "en", None)
FOR_FOLLOWERS = replace(PUBLIC, is_private=True)
BY_NAME = replace(PUBLIC, is_private=True, allowed_viewers=("friend",))

NOBODY = Standing()
PEOPLE: dict[str, tuple[Caller | None, Standing]] = {
    "anonymous": (None, NOBODY),
    "guest": (caller("guest", Role.GUEST), NOBODY),
    "stranger": (caller("stranger"), NOBODY),
    "friend": (caller("friend"), NOBODY),
    "follower": (caller("follower"), Standing(follows=True)),
    "other seller": (caller("other", Role.SELLER), NOBODY),
    "affiliate": (caller("affiliate", Role.AFFILIATE), NOBODY),
    "host": (caller("host", Role.SELLER), NOBODY),
    "timed out": (caller("late"), Standing(timed_out_s=60)),
    "timed out follower": (caller("late"), Standing(timed_out_s=60, follows=True)),
    "banned": (caller("gone"), Standing(is_banned=True)),
    "banned follower": (caller("gone"), Standing(is_banned=True, follows=True)),
    "banned moderator": (caller("gone"), replace(moderator(*ModeratorRight), is_banned=True)),
    "support": (caller("support", Role.SUPPORT), NOBODY),
    "admin": (caller("admin", Role.ADMIN), NOBODY),
    "banned support": (caller("support", Role.SUPPORT), Standing(is_banned=True)),
    "moderator": (caller("mod"), moderator()),
    "moderator: delete": (caller("mod"), moderator(ModeratorRight.DELETE)),
    "moderator: timeout": (caller("mod"), moderator(ModeratorRight.TIMEOUT)),
    "moderator: ban": (caller("mod"), moderator(ModeratorRight.BAN)),
    "moderator: pin": (caller("mod"), moderator(ModeratorRight.PIN)),
    "moderator: products": (caller("mod"), moderator(ModeratorRight.PRODUCTS)),
    "moderator: settings": (caller("mod"), moderator(ModeratorRight.SETTINGS)),
}
STAFF = {"support", "admin", "banned support"}
MODERATORS = {name for name in PEOPLE if name.startswith("moderator")}
BANNED = {"banned", "banned follower", "banned moderator"}
TIMED_OUT = {"timed out", "timed out follower"}

WATCHES_PUBLIC = set(PEOPLE) - BANNED
WATCHES_AS_FOLLOWER = {"host", "follower", "timed out follower"} | STAFF | MODERATORS
WATCHES_BY_NAME = {"host", "friend"} | STAFF | MODERATORS
RIGHTS: dict[StreamRight, set[str]] = {
    R.HOST: {"host"},
    R.SHOW_PRODUCTS: {"host", "moderator: products"},
    R.SEE_NUMBERS: {"host", "admin"} | MODERATORS,
    R.DELETE_MESSAGES: {"host", "admin", "moderator: delete"},
    R.TIME_OUT: {"host", "admin", "moderator: timeout"},
    R.BAN: {"host", "admin", "moderator: ban"},
    R.PIN_MESSAGES: {"host", "admin", "moderator: pin"},
    R.CHAT_SETTINGS: {"host", "admin", "moderator: settings"},
    R.MODERATE: {"host"} | STAFF | MODERATORS,
    R.READ_CHAT_LOG: {"host"} | STAFF | MODERATORS,
}
"""Who has each right, on public and private shows alike."""


def may_who(right: StreamRight, show: StreamFacts) -> set[str]:
    return {name for name, (who, standing) in PEOPLE.items() if may(who, right, replace(show, standing=standing))}


@pytest.mark.parametrize("show", [PUBLIC, FOR_FOLLOWERS, BY_NAME], ids=["public", "for followers", "by name"])
@pytest.mark.parametrize("right", list(RIGHTS))
def test_who_may_do_what_on_a_show(right: StreamRight, show: StreamFacts) -> None:
    assert may_who(right, show) == RIGHTS[right]


@pytest.mark.parametrize(
    ("show", "watchers"),
    [(PUBLIC, WATCHES_PUBLIC), (FOR_FOLLOWERS, WATCHES_AS_FOLLOWER), (BY_NAME, WATCHES_BY_NAME)],
    ids=["public", "for followers", "by name"],
)
def test_who_watches_and_who_writes(show: StreamFacts, watchers: set[str]) -> None:
    """case 43, the rule: who may not watch may not write; who has been timed out may still watch."""
    assert may_who(R.WATCH, show) == watchers
    assert may_who(R.CHAT, show) == watchers - {"anonymous"} - TIMED_OUT


def test_the_table_speaks_of_every_right_and_every_capability() -> None:
    assert {*RIGHTS, R.WATCH, R.CHAT} == set(StreamRight)
    assert {f"moderator: {right}" for right in ModeratorRight} <= set(PEOPLE)


@pytest.mark.parametrize(
    ("who", "right", "show", "code"),
    [
        ("anonymous", R.CHAT, PUBLIC, "auth.required"),
        ("anonymous", R.HOST, FOR_FOLLOWERS, "auth.required"),
        ("anonymous", R.WATCH, FOR_FOLLOWERS, "stream.private"),
        ("stranger", R.CHAT, BY_NAME, "stream.private"),
        ("follower", R.WATCH, BY_NAME, "stream.private"),
        ("stranger", R.HOST, PUBLIC, "auth.forbidden"),
        ("friend", R.HOST, BY_NAME, "auth.forbidden"),
        ("moderator: delete", R.BAN, PUBLIC, "auth.forbidden"),
        ("support", R.BAN, PUBLIC, "auth.forbidden"),
        ("admin", R.SHOW_PRODUCTS, PUBLIC, "auth.forbidden"),
        ("timed out", R.CHAT, PUBLIC, "chat.timed_out"),
        ("banned", R.WATCH, PUBLIC, "stream.banned"),
        ("banned moderator", R.DELETE_MESSAGES, PUBLIC, "stream.banned"),
    ],
)
def test_the_refused_are_told_why(who: str, right: StreamRight, show: StreamFacts, code: str) -> None:
    person, standing = PEOPLE[who]
    with pytest.raises(Refused) as refusal:
        require(person, right, replace(show, standing=standing))
    assert refusal.value.code == code


def test_who_is_timed_out_is_told_for_how_long() -> None:
    person, standing = PEOPLE["timed out"]
    with pytest.raises(Refused) as refusal:
        require(person, R.CHAT, replace(PUBLIC, standing=standing))
    assert refusal.value.retry_after_s == 60 and refusal.value.params == {"seconds": "60"}


@given(
    role=st.sampled_from(Role),
    right=st.sampled_from(StreamRight),
    rights=st.frozensets(st.sampled_from(ModeratorRight)),
    follows=st.booleans(),
    is_private=st.booleans(),
    names=st.lists(st.sampled_from(["me", "friend"]), max_size=2),
)
def test_a_ban_or_a_time_out_never_gives_a_right(
    role: Role, right: StreamRight, rights: frozenset[ModeratorRight], follows: bool, is_private: bool, names: list[str]
) -> None:
    me = caller("me", role)
    show = replace(PUBLIC, is_private=is_private, allowed_viewers=tuple(names))
    plain = Standing(follows=follows, is_moderator=bool(rights), moderator_rights=rights)
    before = may(me, right, replace(show, standing=plain))
    for worse in (replace(plain, is_banned=True), replace(plain, timed_out_s=5)):
        assert may(me, right, replace(show, standing=worse)) <= before
    if may(me, right, replace(show, standing=replace(plain, is_banned=True))):
        assert role in (Role.SUPPORT, Role.ADMIN)
