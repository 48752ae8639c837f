"""The catalogue: a seller's products, for sellers to keep and for everybody to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from decimal import Decimal
from functools import partial

from gshop_studio.contract.rest import Product, ProductCreate, ProductList, ProductPatch
from gshop_studio.domain.money import Money
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_owner, require_seller
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.catalog.repository import ProductRepository
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.tables import ProductRow
from gshop_studio.server.urls import PublicUrls

ProductsListener = Callable[[Transaction, Collection[str]], Awaitable[None]]
"""Told, within the transaction, the ids of products that are about to change."""
ProductListener = Callable[[Transaction, str], Awaitable[None]]
"""Told, within the transaction, the id of a product that is about to be deleted."""
ProductChangeListener = Callable[[Transaction, str, int], Awaitable[None]]
"""Told, within the transaction, the id of a product that changed, and its stock before."""
ReadersListener = Callable[[str], None]
"""Told, after the commit, the id of a product that is to be read anew. Must neither block nor raise."""


class CatalogService:
    def __init__(self, database: Database, images: ImageStore, urls: PublicUrls, clock: Clock) -> None:
        self._database = database
        self._images = images
        self._urls = urls
        self._clock = clock
        self._changing: list[ProductsListener] = []
        self._changed: list[ProductChangeListener] = []
        self._deleting: list[ProductListener] = []
        self._shown_anew: list[ReadersListener] = []

    def subscribe(
        self, *, changing: ProductsListener, changed: ProductChangeListener, deleting: ProductListener
    ) -> None:
        """`changing` locks what has to be locked before the products; `deleting` may refuse."""
        self._changing.append(changing)
        self._changed.append(changed)
        self._deleting.append(deleting)

    def subscribe_changed(self, listener: ProductChangeListener) -> None:
        self._changed.append(listener)

    def subscribe_shown_anew(self, listener: ReadersListener) -> None:
        self._shown_anew.append(listener)

    async def create(self, caller: Caller | None, wish: ProductCreate) -> Product:
        caller = require_seller(caller)
        async with self._database.write() as transaction:
            return self.answer(await self.add(transaction, caller.user_id, wish))

    async def add(
        self, transaction: Transaction, seller_id: str, wish: ProductCreate, image_name: str | None = None
    ) -> ProductRow:
        """Write a new product of this seller."""
        now = self._clock()
        row = ProductRow(
            id=new_id(),
            seller_id=seller_id,
            name=wish.name,
            description=wish.description,
            category=wish.category,
            price_minor=price_in_minor_units(wish.price, wish.currency, "price"),
            currency=wish.currency,
            stock=wish.stock,
            image_name=image_name,
            created_at=now,
            updated_at=now,
            deleted_at=None,
        )
        await ProductRepository(transaction).add(row)
        self.tell_readers(transaction, row.id)
        return row

    async def page(
        self,
        caller: Caller | None,
        *,
        is_mine: bool,
        seller_id: str | None,
        text: str | None,
        category: str | None,
        limit: int,
        offset: int,
    ) -> ProductList:
        """`is_mine` lists the caller's own; so does a seller's token without any filter."""
        if is_mine:
            seller_id = require_seller(caller).user_id
        elif caller is not None and caller.role == "seller" and not (seller_id or text or category):
            seller_id = caller.user_id
        async with self._database.read() as transaction:
            rows, total = await ProductRepository(transaction).page(
                seller_id=seller_id, text=text, category=category, limit=limit, offset=offset
            )
        return ProductList(products=[self.answer(row) for row in rows], total=total)

    async def get(self, product_id: str) -> Product:
        async with self._database.read() as transaction:
            return self.answer(await self.require(transaction, product_id))

    async def change(self, caller: Caller | None, product_id: str, wish: ProductPatch) -> Product:
        async with self._database.write() as transaction:
            row = await self._own_to_change(transaction, caller, product_id)
            stock_before, given = row.stock, wish.model_fields_set
            if "name" in given and wish.name is not None:
                row.name = wish.name
            if "description" in given and wish.description is not None:
                row.description = wish.description
            if "category" in given:
                row.category = wish.category
            if wish.price is not None:
                row.price_minor = price_in_minor_units(wish.price, row.currency, "price")
            if wish.stock is not None:
                row.stock = wish.stock
            await self._tell_changed(transaction, row, stock_before)
            return self.answer(row)

    async def delete(self, caller: Caller | None, product_id: str) -> None:
        async with self._database.write() as transaction:
            row = await self._own_to_change(transaction, caller, product_id)
            for listener in self._deleting:
                await listener(transaction, row.id)
            row.deleted_at = self._clock()
            self.tell_readers(transaction, row.id)

    async def set_image(self, caller: Caller | None, product_id: str, upload: bytes) -> Product:
        """Give a product its picture; the one before is forgotten."""
        async with self._database.read() as transaction:
            await self._own(transaction, caller, product_id)
        name = await self._images.add(upload)
        try:
            async with self._database.write() as transaction:
                row = await self._own_to_change(transaction, caller, product_id)
                before, row.image_name = row.image_name, name
                await self._tell_changed(transaction, row, row.stock)
                product = self.answer(row)
        except BaseException:
            await self._images.remove(name)
            raise
        if before is not None:
            await self._images.remove(before)
        return product

    async def lock_to_restock(self, transaction: Transaction, product_ids: Iterable[str]) -> None:
        """Lock the shows these products are in, and then the products."""
        product_ids = sorted(set(product_ids))
        for listener in self._changing:
            await listener(transaction, product_ids)
        await ProductRepository(transaction).lock_all(product_ids)

    async def restock(self, transaction: Transaction, quantities: Mapping[str, int]) -> None:
        """So many came back; `lock_to_restock` was called before. The shows the products are in are told."""
        for row in await ProductRepository(transaction).products(quantities):
            stock_before, row.stock = row.stock, row.stock + quantities[row.id]
            await self._tell_changed(transaction, row, stock_before)

    async def require(self, transaction: Transaction, product_id: str) -> ProductRow:
        """The product.

        Raises:
            Refused: `product.not_found`.
        """
        row = await ProductRepository(transaction).product(product_id)
        if row is None:
            raise Refused("product.not_found")
        return row

    async def require_kept(self, transaction: Transaction, product_id: str) -> ProductRow:
        """As `require`; nobody changes or deletes it until the end of the transaction. The show it is for is locked
        before.

        Raises:
            Refused: `product.not_found`.
        """
        row = await ProductRepository(transaction).kept(product_id)
        if row is None:
            raise Refused("product.not_found")
        return row

    async def by_id(self, transaction: Transaction, product_ids: Iterable[str]) -> dict[str, ProductRow]:
        """These products, deleted ones too."""
        return {row.id: row for row in await ProductRepository(transaction).products(product_ids)}

    def image_url(self, row: ProductRow) -> str | None:
        return self._urls.image(row.image_name) if row.image_name else None

    def answer(self, row: ProductRow) -> Product:
        return Product(
            id=row.id,
            seller_id=row.seller_id,
            name=row.name,
            description=row.description,
            category=row.category,
            price=Money(row.price_minor, row.currency).to_wire(),
            currency=row.currency,
            stock=row.stock,
            image_url=self.image_url(row),
            created_at=row.created_at,
        )

    async def _own(self, transaction: Transaction, caller: Caller | None, product_id: str) -> ProductRow:
        caller = require_seller(caller)
        row = await self.require(transaction, product_id)
        require_owner(caller, row.seller_id)
        return row

    async def _own_to_change(self, transaction: Transaction, caller: Caller | None, product_id: str) -> ProductRow:
        """The shows it is in are locked first, then the product."""
        row = await self._own(transaction, caller, product_id)
        for listener in self._changing:
            await listener(transaction, [product_id])
        if not await ProductRepository(transaction).lock(row):
            raise Refused("product.not_found")
        return row

    async def _tell_changed(self, transaction: Transaction, row: ProductRow, stock_before: int) -> None:
        row.updated_at = self._clock()
        await ProductRepository(transaction).flush()
        self.tell_readers(transaction, row.id)
        for listener in self._changed:
            await listener(transaction, row.id, stock_before)

    def tell_readers(self, transaction: Transaction, product_id: str) -> None:
        """Once this transaction is durable, have the product read anew. Who changes its stock calls it, too."""
        for listener in self._shown_anew:
            transaction.after_commit(partial(listener, product_id))


def price_in_minor_units(price: Decimal, currency: str, field: str) -> int:
    """Minor units of a price from the wire.

    Raises:
        Refused: `request.invalid`: more decimals than the currency has.
    """
    try:
        return Money.from_wire(price, currency).minor
    except ValueError as error:
        problem = FieldRefusal(field, "field.bad_amount", (("currency", currency),))
        raise Refused("request.invalid", errors=(problem,)) from error
