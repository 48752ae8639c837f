"""Reads and writes of products. A deleted product stays as a row, because past shows and orders name it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, select

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import ProductRow


class ProductRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, product: ProductRow) -> None:
        self._session.add(product)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def product(self, product_id: str) -> ProductRow | None:
        found = await self._session.get(ProductRow, product_id)
        return found if found is not None and found.deleted_at is None else None

    async def kept(self, product_id: str) -> ProductRow | None:
        """Read anew, and kept from being deleted until the end of the transaction."""
        found = await self._session.get(ProductRow, product_id, populate_existing=True, with_for_update={"read": True})
        return found if found is not None and found.deleted_at is None else None

    async def lock(self, product: ProductRow) -> bool:
        """Read it anew, locked until the end of the transaction; False where it was deleted meanwhile."""
        await self._session.refresh(product, with_for_update=True)
        return product.deleted_at is None

    async def lock_all(self, product_ids: Iterable[str]) -> None:
        """Read these anew, locked until the end of the transaction, in the order of their ids."""
        wish = select(ProductRow).where(ProductRow.id.in_(set(product_ids))).order_by(ProductRow.id).with_for_update()
        await self._session.execute(wish.execution_options(populate_existing=True))

    async def products(self, product_ids: Iterable[str]) -> list[ProductRow]:
        """Deleted ones too: a past show still names them."""
        found = await self._session.scalars(select(ProductRow).where(ProductRow.id.in_(set(product_ids))))
        return list(found)

    async def page(
        self, *, seller_id: str | None, text: str | None, category: str | None, limit: int, offset: int
    ) -> tuple[list[ProductRow], int]:
        """One page, newest first, and how many there are in all."""
        where: list[ColumnElement[bool]] = [ProductRow.deleted_at.is_(None)]
        if seller_id is not None:
            where.append(ProductRow.seller_id == seller_id)
        if text:
            where.append(ProductRow.name.icontains(text, autoescape=True))
        if category:
            where.append(ProductRow.category == category)
        total = await self._session.scalar(select(func.count()).select_from(ProductRow).where(*where))
        rows = await self._session.scalars(
            select(ProductRow)
            .where(*where)
            .order_by(ProductRow.created_at.desc(), ProductRow.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(rows), total or 0
