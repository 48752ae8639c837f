"""Whose name is taken off what stays, when that has been kept for long enough: viewers, carts, orders; and which guests
go altogether. Some rows at a time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, literal, or_, select, update

from gshop_studio.contract.rest import Role
from gshop_studio.server.database import Transaction
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.fates_of_buying import WITHOUT_BUYER
from gshop_studio.server.tables import (
    CartItemRow,
    CartRow,
    ErasureRow,
    LiveStreamViewerRow,
    OrderRow,
    PaymentRow,
    UserRow,
)


class RetentionRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def forget_viewers(self, before: datetime, limit: int) -> int:
        """That somebody watched, and for how long, stays; who it was does not. How many there were."""
        row = LiveStreamViewerRow
        is_known = or_(row.user_id.is_not(None), row.session_id != "")
        wish = select(row.id).where(row.last_ping_at < before, row.is_active.is_(False), is_known).limit(limit)
        if ids := list(await self._session.scalars(wish)):
            await self._session.execute(
                update(row)
                .where(row.id.in_(ids))
                .values(
                    viewer_key=literal("erased:") + row.id,
                    user_id=None,
                    session_id="",
                    referral_source=None,
                    device=None,
                    country=None,
                )
            )
        return len(ids)

    async def forget_carts(self, before: datetime, limit: int) -> int:
        """That there was a cart stays counted; what was in it and whose it was does not. How many there were. Not of
        those that are being bought now."""
        row = CartRow
        wish = select(row.id).where(
            row.updated_at < before, row.user_id != NOBODY_ID, or_(row.order_id.is_(None), row.is_open.is_(False))
        )
        if ids := list(await self._session.scalars(wish.limit(limit))):
            await self._session.execute(delete(CartItemRow).where(CartItemRow.cart_id.in_(ids)))
            await self._session.execute(update(row).where(row.id.in_(ids)).values(is_open=False, user_id=NOBODY_ID))
        return len(ids)

    async def forget_buyers(self, before: datetime, limit: int) -> int:
        """An order stays in the books; who bought, and where it was sent, does not. How many there were. Not of those
        whose payment is not decided."""
        row = OrderRow
        wish = select(row.id).where(row.created_at < before, row.user_id != NOBODY_ID, row.next_check_at.is_(None))
        if ids := list(await self._session.scalars(wish.limit(limit))):
            await self._session.execute(
                update(PaymentRow).where(PaymentRow.order_id.in_(ids)).values(refund_reason=None)
            )
            await self._session.execute(update(row).where(row.id.in_(ids)).values(**WITHOUT_BUYER))
        return len(ids)

    async def guests_gone(self, before: datetime, limit: int) -> list[str]:
        """Guests who came before that moment, and have not watched since."""
        watched = select(LiveStreamViewerRow.user_id).where(
            LiveStreamViewerRow.user_id == UserRow.id, LiveStreamViewerRow.last_ping_at >= before
        )
        asked = select(ErasureRow.user_id).where(ErasureRow.user_id == UserRow.id)
        found = await self._session.scalars(
            select(UserRow.id)
            .where(
                UserRow.role == Role.GUEST.value,
                UserRow.created_at < before,
                UserRow.id != NOBODY_ID,
                ~watched.exists(),
                ~asked.exists(),
            )
            .order_by(UserRow.created_at)
            .limit(limit)
        )
        return list(found)
