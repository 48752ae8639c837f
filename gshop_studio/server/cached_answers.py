"""Answers of routes that are the same for everybody, kept as the JSON that goes out: `cache` says for how long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response

from gshop_studio.contract.wire import Answer
from gshop_studio.server.cache import Cache

SHOWS = "shows"
"""Lists of shows: forgotten when a show is made, changes, starts, ends or is removed, is found by other words, and when
it is measured anew what is trending. Their counts may be old."""
SHOWS_KEEP_S = 30.0
PRODUCTS = "products"
"""Lists of products: forgotten when any of them changes."""
PRODUCTS_KEEP_S = 300.0


def group_of_product(product_id: str) -> str:
    return f"product:{product_id}"


class CachedAnswers:
    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def shows(self, make: Callable[[], Awaitable[Answer]], *question: Any) -> Response:
        """A list of shows; `question` is all the answer depends on."""
        return await self._answer(SHOWS, question, SHOWS_KEEP_S, make)

    async def products(self, make: Callable[[], Awaitable[Answer]], *question: Any) -> Response:
        return await self._answer(PRODUCTS, question, PRODUCTS_KEEP_S, make)

    async def product(self, product_id: str, make: Callable[[], Awaitable[Answer]]) -> Response:
        return await self._answer(group_of_product(product_id), (), PRODUCTS_KEEP_S, make)

    def show_changed(self, _stream_id: str) -> None:
        self.shows_changed()

    def shows_changed(self) -> None:
        self._cache.forget(SHOWS)

    def product_changed(self, product_id: str) -> None:
        self._cache.forget(PRODUCTS)
        self._cache.forget(group_of_product(product_id))

    async def _answer(
        self, group: str, question: tuple[Any, ...], keep_s: float, make: Callable[[], Awaitable[Answer]]
    ) -> Response:
        async def as_json() -> bytes:
            answer = await make()
            return answer.model_dump_json(by_alias=True, exclude_none=True).encode()

        return Response(await self._cache.get(group, repr(question), keep_s, as_json), media_type="application/json")
