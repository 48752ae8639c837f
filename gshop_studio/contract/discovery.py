"""Bodies of finding shows: recommendations, and what people made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gshop_studio.contract.rest import Stream
from gshop_studio.contract.wire import Answer, Request
from gshop_studio.domain.recommendation import Reason

SearchSort = Literal["relevance", "viewers", "newest", "trending"]
RecommendationAction = Literal["viewed", "clicked", "watched", "purchased"]


class RecommendedList(Answer):
    """The best for somebody, first."""

    streams: list[Stream]
    reasons: list[Reason]
    """The strongest reason of each show, in their order."""
    total: int


class ForYouList(Answer):
    """All that is on air, in the order in which it suits somebody."""

    streams: list[Stream]
    reasons: dict[str, list[Reason]]
    """By show, the strongest first."""
    scores: dict[str, float]
    """By show: 0 to 100."""
    total: int


class TrackMetadata(Request):
    watch_duration: Annotated[float, Field(ge=0, le=7 * 86_400, allow_inf_nan=False)] | None = None
    """Seconds."""


class TrackRequest(Request):
    """What somebody made of a show that was recommended to them."""

    stream_id: Annotated[str, Field(max_length=64)]
    action: RecommendationAction
    metadata: TrackMetadata | None = None


class TrackAnswer(Answer):
    success: Literal[True] = True
    is_counted: bool
    """A purchase counts where the server knows of it."""
