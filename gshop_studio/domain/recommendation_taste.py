"""What people's histories say of their taste: by category, by host, and by who watches the same hosts.

Each part is a logarithm of a ratio (a lift): how much more often somebody watches such a show than people do on the
whole, drawn towards 0 where little is known. In a history without any taste all are near 0, and what is left is
popularity. Implicit feedback: a show counts by how long it was watched and whether something was bought, and less the
longer ago it was.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from gshop_studio.domain.recommendation import (
    DEFAULT_WEIGHTS,
    NO_LEANINGS,
    Candidate,
    Leanings,
    Person,
    Watch,
    Weights,
)

FULL_WATCH_S = 20 * 60.0
"""Who watched this long watched a whole show."""
LEAST_WATCH_S = 10.0
"""Who left sooner has not watched."""
PURCHASE_COUNTS = 1.0
"""Having bought counts as much as another whole show; once a show."""
HALF_LIFE_DAYS = 45.0
_MOST = 5.0
"""Of the logarithm by which category and people of the same taste together raise what is expected of a host."""

_Shares = dict[str, float]
"""By host, category or person."""


def strength(watch: Watch) -> float:
    """How much a watched show says of a taste: 1 is a whole one, today."""
    if watch.watched_s < LEAST_WATCH_S and watch.purchases == 0:
        return 0.0
    told = min(1.0, max(0.0, watch.watched_s) / FULL_WATCH_S) + (PURCHASE_COUNTS if watch.purchases > 0 else 0.0)
    return float(told * 0.5 ** (max(0.0, watch.days_ago) / HALF_LIFE_DAYS))


class Taste:
    """Learnt once from a history, asked for many people."""

    def __init__(self, watches: Iterable[Watch], weights: Weights = DEFAULT_WEIGHTS) -> None:
        self._weights = weights
        self._hosts: dict[str, _Shares] = defaultdict(lambda: defaultdict(float))
        self._categories: dict[str, _Shares] = defaultdict(lambda: defaultdict(float))
        self._totals: _Shares = defaultdict(float)
        self._watching: dict[str, _Shares] = defaultdict(lambda: defaultdict(float))
        """By show, then by person."""
        for watch in watches:
            told = strength(watch)
            if told > 0:
                self._hosts[watch.user_id][watch.host_id] += told
                self._totals[watch.user_id] += told
                self._watching[watch.stream_id][watch.user_id] += told
                if watch.category is not None:
                    self._categories[watch.user_id][watch.category] += told
        self._of_hosts = _shares(self._hosts.values())
        self._of_categories = _shares(self._categories.values())
        self._fans = _turned(self._hosts)
        """By host, then by person: at most 1 each."""
        self._fan_sums = {host: sum(fans.values()) for host, fans in self._fans.items()}
        self._by_chance = self._chance()

    def knows(self, user_id: str) -> bool:
        """Whether they have watched anything."""
        return user_id in self._totals

    def usual(self, host_id: str) -> float:
        """How much a host draws at other times, as the logarithm of a ratio to the mean; new ones a little less."""
        if not self._of_hosts:
            return 0.0
        return math.log((self._of_hosts.get(host_id, 0.0) * len(self._of_hosts) + 0.5) / 1.5)

    def audiences(self, candidates: Collection[Candidate]) -> dict[str, tuple[Audience, Audience]]:
        """Of each show those whose taste tells whom it suits: its host's, and those who watch it now."""
        of_host = {host: Audience(self, self._fans.get(host, {})) for host in {each.host_id for each in candidates}}
        return {
            each.stream_id: (of_host[each.host_id], Audience(self, self._watching.get(each.stream_id, {})))
            for each in candidates
        }

    def leanings(self, person: Person, candidate: Candidate, audiences: tuple[Audience, Audience]) -> Leanings:
        """How much more than others this person leans to this show."""
        total = self._totals.get(person.user_id, 0.0)
        if total <= 0:
            return NO_LEANINGS
        weights, of_host, watching = self._weights, *audiences
        hosts = self._hosts[person.user_id]
        others = {host: told for host, told in hosts.items() if host != candidate.host_id}
        confidence = total / (total + weights.person_prior)
        together = confidence * (weights.audience * of_host.lift(others) + weights.watching * watching.lift(others))
        category = weights.category * self._category_lift(person.user_id, candidate.category, total)
        expected = total * self._of_hosts.get(candidate.host_id, 0.0) * math.exp(min(_MOST, category + together))
        told = hosts.get(candidate.host_id, 0.0)
        return Leanings(category, together, weights.host * _lift(told, expected, weights.host_prior))

    def _category_lift(self, user_id: str, category: str | None, total: float) -> float:
        if category is None or user_id not in self._categories:
            return 0.0
        told = self._categories[user_id].get(category, 0.0)
        return _lift(told, total * self._of_categories.get(category, 0.0), self._weights.category_prior)

    def _chance(self) -> float:
        """By this and by the fans of two hosts is found how many have both, if nobody had a taste."""
        pairs, host_pairs = 0.0, sum(self._fan_sums.values()) ** 2
        for hosts in self._hosts.values():
            fan_of = [min(1.0, told) for told in hosts.values()]
            pairs += sum(fan_of) ** 2 - sum(each * each for each in fan_of)
        host_pairs -= sum(fans * fans for fans in self._fan_sums.values())
        return pairs / host_pairs if host_pairs > 0 else 0.0

    def pair_lifts(self, people: Mapping[str, float]) -> tuple[_Shares, float]:
        """By host, how many more of these people are its fans than would be by chance, as the logarithm of a ratio,
        where any are; and how many these people are."""
        both: _Shares = defaultdict(float)
        for user_id, belongs in people.items():
            for host, told in self._hosts.get(user_id, {}).items():
                both[host] += min(1.0, belongs) * min(1.0, told)
        size = sum(min(1.0, belongs) for belongs in people.values())
        return {host: self.pair_lift(count, size, host) for host, count in both.items()}, size

    def pair_lift(self, both: float, size: float, host: str) -> float:
        """Of one host: `both` of `size` people are its fans."""
        by_chance = size * self._fan_sums.get(host, 0.0) * self._by_chance
        return _lift(both, by_chance, self._weights.pair_prior)


class Audience:
    """People, and how much more than by chance they watch each host."""

    def __init__(self, taste: Taste, people: Mapping[str, float]) -> None:
        self._taste = taste
        self._lifts, self._size = taste.pair_lifts(people)

    def lift(self, hosts: Mapping[str, float]) -> float:
        """For somebody who has watched these hosts, each so much: the mean."""
        total = sum(hosts.values())
        if total <= 0 or self._size <= 0:
            return 0.0
        return sum(told * self._of(host) for host, told in hosts.items()) / total

    def _of(self, host: str) -> float:
        lift = self._lifts.get(host)
        return self._taste.pair_lift(0.0, self._size, host) if lift is None else lift


def _lift(told: float, expected: float, prior: float) -> float:
    """How much more was seen than expected, as the logarithm of a ratio; near 0 where both are small beside `prior`
    (the posterior mean of a rate with a gamma prior around 1)."""
    return math.log((told + prior) / (expected + prior))


def _shares(of_people: Iterable[Mapping[str, float]]) -> _Shares:
    """The share of each in all."""
    sums: _Shares = defaultdict(float)
    for of_person in of_people:
        for name, told in of_person.items():
            sums[name] += told
    total = sum(sums.values())
    return {name: told / total for name, told in sums.items()}


def _turned(by_person: Mapping[str, Mapping[str, float]]) -> dict[str, _Shares]:
    """By what a person has, then by person; at most 1 each."""
    turned: dict[str, _Shares] = defaultdict(dict)
    for user_id, told_of in by_person.items():
        for name, told in told_of.items():
            turned[name][user_id] = min(1.0, told)
    return dict(turned)
