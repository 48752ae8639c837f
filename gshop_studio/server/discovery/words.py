"""The words by which a show is found, from what is said of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gshop_studio.domain.search_words import folded
from gshop_studio.server.streams.categories import CATEGORIES
from gshop_studio.server.words import say
from gshop_studio.texts import LANGUAGES


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a show, as people wrote it."""

    stream_id: str
    title: str
    description: str
    tags: Sequence[str]
    category: str | None
    host_name: str
    city: str | None
    country: str | None
    products: Sequence[str]
    """Their names."""


def entry_of(said: Said) -> dict[str, str | None]:
    """The columns of `live_stream_search`."""
    return {
        "stream_id": said.stream_id,
        "title": folded(said.title),
        "tags": folded(" ".join([*said.tags, *_names(said.category)])),
        "host": folded(said.host_name),
        "products": folded(" ".join(said.products)),
        "description": folded(said.description),
        "city": folded(said.city) if said.city else None,
        "country": said.country,
    }


def _names(category: str | None) -> list[str]:
    """A category as shows carry it, and as we name it in each language."""
    if not category:
        return []
    known = CATEGORIES.get(category.lower())
    return [category, *(say(known, language) for language in LANGUAGES)] if known is not None else [category]
