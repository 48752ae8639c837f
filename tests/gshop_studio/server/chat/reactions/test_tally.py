"""A tally loses nothing, however it is cut into seconds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract.chat import REACTIONS
from gshop_studio.server.chat.reactions.tally import RECENT_LIMIT, Reacted, Tally

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
REACTED = st.builds(
    Reacted,
    user_id=st.sampled_from(["ana", "zoe"]),
    reaction=st.sampled_from(REACTIONS),
    at=st.integers(0, 300).map(lambda seconds: START + timedelta(seconds=seconds)),
)


@given(st.lists(st.lists(REACTED)))
def test_merged_tallies_are_the_tally_of_all(parts: list[list[Reacted]]) -> None:
    merged = Tally()
    for part in parts:
        tally = Tally()
        for reacted in part:
            tally.add(reacted)
        merged.merge(tally)
    everything = [reacted for part in parts for reacted in part]
    assert merged.counts == Counter(reacted.reaction for reacted in everything)
    assert merged.by_person == Counter(reacted.user_id for reacted in everything)
    assert sum(merged.by_minute.values()) == len(everything)
    assert all(minute.second == 0 for minute, _ in merged.by_minute)
    assert list(merged.recent) == everything[-RECENT_LIMIT:]
