"""Product pictures, fetched once and held: at most `LIMIT`, the least used dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from gshop_studio.client.errors import ClientError

LIMIT = 300


class Pictures:
    """The pictures of one shop.

    Args:
        fetch: the bytes at an address of the shop.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._held: OrderedDict[str, bytes] = OrderedDict()

    async def get(self, url: str) -> bytes | None:
        """The picture's bytes, or None where there is none to be had now."""
        if url in self._held:
            self._held.move_to_end(url)
            return self._held[url]
        try:
            content = await self._fetch(url)
        except ClientError:
            return None
        self._held[url] = content
        while len(self._held) > LIMIT:
            self._held.popitem(last=False)
        return content
