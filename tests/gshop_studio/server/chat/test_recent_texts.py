"""What is remembered of an author: the last minute, no more than so many, and no repeats under one id."""

from __future__ import annotations

from gshop_studio.server.chat import recent_texts
from gshop_studio.server.chat.recent_texts import TEXTS_LIMIT, WINDOW_S, RecentTexts


def test_only_the_last_minute_of_this_author_in_this_show() -> None:
    recent = RecentTexts()
    recent.add("show", "ana", None, "old", 0.0)
    recent.add("show", "ana", None, "new", 50.0)
    recent.add("show", "zoe", None, "of zoe", 50.0)
    recent.add("other", "ana", None, "elsewhere", 50.0)
    assert recent.before("show", "ana", None, 51.0) == ("old", "new")
    assert recent.before("show", "ana", None, WINDOW_S + 1) == ("new",)


def test_what_is_sent_again_is_not_its_own_repeat() -> None:
    recent = RecentTexts()
    for _ in range(3):
        recent.add("show", "ana", "k1", "hello", 1.0)
    assert recent.has("show", "ana", "k1", "hello") and not recent.has("show", "ana", "k1", "bye")
    assert recent.before("show", "ana", "k1", 2.0) == ()
    assert recent.before("show", "ana", "k2", 2.0) == ("hello",)
    assert not recent.has("show", "ana", None, "hello")


def test_what_was_not_said_after_all_is_forgotten() -> None:
    recent = RecentTexts()
    recent.add("show", "ana", "k1", "hello", 1.0)
    for text in ("hello", "hello", "bye"):
        recent.add("show", "ana", None, text, 1.0)
    recent.forget("show", "ana", "k1", "hello")
    recent.forget("show", "ana", None, "hello")
    recent.forget("show", "zoe", None, "hello")
    assert not recent.has("show", "ana", "k1", "hello")
    assert recent.before("show", "ana", None, 2.0) == ("hello", "bye")


def test_memory_is_bounded(monkeypatch: object) -> None:
    recent = RecentTexts()
    for number in range(TEXTS_LIMIT + 5):
        recent.add("show", "ana", None, str(number), 1.0)
    assert len(recent.before("show", "ana", None, 1.0)) == TEXTS_LIMIT
    for number in range(recent_texts.AUTHORS_LIMIT):
        recent.add("show", f"author {number}", None, "x", 2.0)
    assert recent.before("show", "ana", None, 2.0) == ()
