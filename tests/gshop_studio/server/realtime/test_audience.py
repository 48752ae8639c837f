"""Who counts as watching."""

from __future__ import annotations

from gshop_studio.server.realtime.audience import AT_ONCE_CHANGES, GONE_GRACE_S, UPDATE_INTERVAL_S, Audience


def test_two_sockets_of_one_person_count_once() -> None:
    audience = Audience(90)
    assert audience.enter("ana", "s1", 0) is True
    assert audience.enter("ana", "s2", 0) is False
    assert audience.say_goodbye("ana", "s1") is None
    assert audience.count == 1
    assert audience.say_goodbye("ana", "s2") is not None
    assert audience.count == 0


def test_a_ping_in_the_last_90_s_counts() -> None:
    audience = Audience(90)
    audience.enter("ana", "s1", 0)
    audience.enter("zoe", "s2", 0)
    audience.ping("zoe", 60)
    assert audience.expire(89) == []
    assert [viewer.key for viewer in audience.expire(90)] == ["ana"]
    assert [viewer.key for viewer in audience.expire(150)] == ["zoe"]


def test_a_reload_keeps_its_viewer_and_a_closed_page_does_not() -> None:
    audience = Audience(90)
    audience.enter("ana", "s1", 0)
    audience.lose("ana", "s1", 10)
    assert audience.enter("ana", "s2", 12) is False
    assert audience.expire(10 + GONE_GRACE_S) == []
    audience.lose("ana", "s2", 30)
    assert [viewer.key for viewer in audience.expire(30 + GONE_GRACE_S)] == ["ana"]


def test_the_first_hundred_changes_are_told_at_once_later_ones_every_ten_seconds() -> None:
    audience = Audience(90)
    now = 0.0
    for number in range(AT_ONCE_CHANGES):
        audience.enter(f"viewer {number}", f"s{number}", now)
        assert audience.due_change(now) == 1
    audience.enter("one more", "s", now)
    audience.enter("and another", "t", now)
    assert audience.due_change(now + UPDATE_INTERVAL_S - 0.1) is None
    assert audience.due_change(now + UPDATE_INTERVAL_S) == 2
    assert audience.due_change(now + 3 * UPDATE_INTERVAL_S) is None, "nothing changed"
