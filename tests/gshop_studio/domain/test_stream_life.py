"""A show's life, step by step."""

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.stream_life import StreamAction, StreamStatus, next_status


def test_a_show_is_started_and_ended() -> None:
    live = next_status(StreamStatus.SCHEDULED, StreamAction.START)
    assert live is StreamStatus.LIVE
    assert next_status(live, StreamAction.END) is StreamStatus.ENDED


def test_starting_a_live_show_again_changes_nothing() -> None:
    assert next_status(StreamStatus.LIVE, StreamAction.START) is StreamStatus.LIVE


def test_a_show_without_media_goes_back_to_its_date_or_ends() -> None:
    assert next_status(StreamStatus.LIVE, StreamAction.GIVE_UP_WAITING, has_date=True) is StreamStatus.SCHEDULED
    assert next_status(StreamStatus.LIVE, StreamAction.GIVE_UP_WAITING) is StreamStatus.ENDED


@given(st.lists(st.sampled_from(StreamAction)), st.booleans())
def test_what_is_over_stays_over(actions: list[StreamAction], has_date: bool) -> None:
    for over in (StreamStatus.ENDED, StreamStatus.CANCELLED):
        for action in actions:
            assert next_status(over, action, has_date=has_date) in (over, None)
