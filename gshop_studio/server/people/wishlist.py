"""Wishlists: the products a person would like to come back to."""

from __future__ import annotations

from gshop_studio.contract.people import WishlistAnswer
from gshop_studio.contract.rest import ProductList
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.people.repository import WishlistRepository


class WishlistService:
    def __init__(self, database: Database, catalog: CatalogService, clock: Clock) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock

    async def add(self, caller: Caller | None, product_id: str) -> WishlistAnswer:
        """Wish for a product; wishing twice is wishing.

        Raises:
            Refused: `auth.account_needed`, `product.not_found`.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            await self._catalog.require(transaction, product_id)
            await WishlistRepository(transaction).add(caller.user_id, product_id, self._clock())
        return WishlistAnswer(product_id=product_id, is_wished=True)

    async def remove(self, caller: Caller | None, product_id: str) -> WishlistAnswer:
        """Wish for it no longer; also a product that is deleted by now."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            await WishlistRepository(transaction).remove(caller.user_id, product_id)
        return WishlistAnswer(product_id=product_id, is_wished=False)

    async def page(self, caller: Caller | None, *, limit: int, offset: int) -> ProductList:
        """What the caller wishes for, the last one first."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            ids, total = await WishlistRepository(transaction).page(caller.user_id, limit=limit, offset=offset)
            rows = await self._catalog.by_id(transaction, ids)
        return ProductList(products=[self._catalog.answer(rows[each]) for each in ids], total=total)
