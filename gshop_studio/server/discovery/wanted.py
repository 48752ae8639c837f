"""What somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from gshop_studio.contract.discovery import SearchSort
from gshop_studio.domain.search_words import folded, wanted_words
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.domain.tags import normalised_tags


@dataclass(frozen=True, slots=True)
class Wanted:
    text: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    """All must match."""
    seller_id: str | None = None
    location: str | None = None
    """A country's two letters, or how a city's name begins."""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    """Of one product in the show at least; in whatever currency, without one."""
    currency: str | None = None
    status: StreamStatus | None = None
    """Without one: on air, or to come."""
    sort: SearchSort | None = None

    @property
    def words(self) -> list[str]:
        return wanted_words(self.text)

    @property
    def is_hopeless(self) -> bool:
        """There is a text, but no word in it."""
        return bool(self.text.strip()) and not self.words

    @property
    def normalised_tags(self) -> list[str]:
        return normalised_tags(self.tags)

    @property
    def country(self) -> str | None:
        """Where the location may be one."""
        code = (self.location or "").strip().upper()
        return code if len(code) == 2 and code.isascii() and code.isalpha() else None

    @property
    def city(self) -> str:
        return folded(self.location or "")
