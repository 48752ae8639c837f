from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from gshop_studio.domain.recommendation import Candidate, Person, Reason, Recommendation, Watch
from gshop_studio.domain.recommendation_ranking import Ranking
from gshop_studio.domain.recommendation_taste import FULL_WATCH_S, LEAST_WATCH_S, Taste, strength
from tests.benchmarks.recommendations import MIDDLE, NO_TASTE, NOISE, History, Size

HOSTS = ("ana", "bea", "cleo", "dora", "eva")


def watch(user_id: str, host_id: str, show: int = 0, **fields: object) -> Watch:
    known = Watch(user_id, f"past {host_id} {show}", host_id, "home", FULL_WATCH_S, 0, 1.0)
    return dataclasses.replace(known, **fields)  # type: ignore[arg-type]


def on_air(host_id: str, popularity: float = 10.0, **fields: object) -> Candidate:
    known = Candidate(f"show of {host_id}", host_id, "home", "en", popularity)
    return dataclasses.replace(known, **fields)  # type: ignore[arg-type]


def ranked(candidates: Iterable[Candidate], watches: Iterable[Watch], person: Person) -> list[Recommendation]:
    return Ranking(list(candidates), Taste(watches)).for_person(person)


def test_a_newcomer_gets_what_is_popular_in_their_language_first() -> None:
    candidates = [on_air("ana", 5), on_air("bea", 50), on_air("cleo", 80, language="es"), on_air("dora", 20)]
    found = ranked(candidates, [], Person("new", "en"))
    assert [each.stream_id for each in found] == ["show of bea", "show of dora", "show of cleo", "show of ana"]
    assert all(each.reasons == (Reason.POPULAR,) for each in found)
    assert all(0 <= each.score <= 100 for each in found)


def test_who_watches_the_same_hosts_leads_to_others_they_watch() -> None:
    watches = [watch(f"one {n}", host, show) for n in range(20) for host in ("ana", "bea") for show in range(2)]
    watches += [watch(f"two {n}", host, show) for n in range(20) for host in ("cleo", "dora") for show in range(2)]
    watches += [watch("me", "ana", show) for show in range(4)]
    found = ranked([on_air(host) for host in HOSTS[1:]], watches, Person("me"))
    assert found[0].stream_id == "show of bea"
    assert found[0].reasons[0] is Reason.WATCHED_TOGETHER
    assert {each.stream_id for each in found[-2:]} == {"show of cleo", "show of dora"}


def test_the_category_watched_the_host_followed_and_the_product_wished_for_are_reasons() -> None:
    watches = [watch("me", "ana", show, category="toys") for show in range(6)]
    watches += [watch(f"other {n}", host) for n in range(20) for host in HOSTS]
    candidates = [
        on_air("bea", category="toys"),
        on_air("cleo"),
        on_air("dora", product_ids=frozenset({"mug"})),
        on_air("eva", 1),
    ]
    me = Person("me", follows={"cleo"}, wishes={"mug"})
    reasons = {each.stream_id: each.reasons for each in ranked(candidates, watches, me)}
    assert Reason.VIEWED_CATEGORY in reasons["show of bea"]
    assert Reason.FOLLOWS_SELLER in reasons["show of cleo"]
    assert Reason.WISHLIST_PRODUCT in reasons["show of dora"]
    assert reasons["show of eva"] == (Reason.POPULAR,), "there is always a reason"


def test_who_watches_a_show_now_tells_whom_it_suits() -> None:
    """A host of whom nothing is known yet."""
    watches = [watch(f"one {n}", "ana", show) for n in range(20) for show in range(2)]
    watches += [watch(f"two {n}", "bea", show) for n in range(20) for show in range(2)]
    watches += [watch(f"one {n}", "new one", stream_id="show of new one", days_ago=0) for n in range(10)]
    watches += [watch(f"two {n}", "new two", stream_id="show of new two", days_ago=0) for n in range(10)]
    watches += [watch("me", "ana", show) for show in range(4)]
    found = ranked([on_air("new one"), on_air("new two")], watches, Person("me"))
    assert [each.stream_id for each in found] == ["show of new one", "show of new two"]


def test_nobody_is_recommended_their_own_show() -> None:
    assert [each.stream_id for each in ranked([on_air("ana"), on_air("bea")], [], Person("ana"))] == ["show of bea"]


def test_nothing_is_on_air() -> None:
    assert ranked([], [watch("me", "ana")], Person("me")) == []


def test_a_show_says_more_the_longer_it_was_watched_and_less_the_longer_ago() -> None:
    assert strength(watch("me", "ana", watched_s=LEAST_WATCH_S / 2)) == 0
    assert strength(watch("me", "ana", watched_s=300.0)) < strength(watch("me", "ana"))
    assert strength(watch("me", "ana", watched_s=86_400.0)) == pytest.approx(strength(watch("me", "ana")))
    assert strength(watch("me", "ana", watched_s=0.0, purchases=1)) > 0
    assert strength(watch("me", "ana", purchases=3)) > strength(watch("me", "ana"))
    assert strength(watch("me", "ana", days_ago=60.0)) < strength(watch("me", "ana")) / 2


def test_on_a_history_of_middle_noise_it_is_better_than_popularity_by_half() -> None:
    """Precision at 5 on days held out."""
    qualities = [History(NOISE[MIDDLE], seed, Size()).quality() for seed in (21, 22, 23)]
    assert sum(each.hybrid for each in qualities) >= 1.5 * sum(each.popularity for each in qualities), qualities


def test_where_nobody_has_a_taste_it_is_about_as_good_as_popularity() -> None:
    quality = History(NOISE[NO_TASTE], 21, Size()).quality()
    assert 0.85 <= quality.ratio <= 1.15, quality
