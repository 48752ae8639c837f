"""Commissions: what an affiliate earned by whose orders, and with whom they share a show."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gshop_studio.contract.checkout import (
    CoHost,
    CoHostList,
    CoHostsPut,
    Commission,
    CommissionList,
    CommissionRate,
    CommissionSum,
)
from gshop_studio.contract.rest import Role
from gshop_studio.domain.money import Money
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_account, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.checkout.commission_repository import CommissionRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import CommissionRow

_OVER = frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED})
_HOSTS = frozenset({Role.SELLER, Role.AFFILIATE})


class CommissionService:
    def __init__(self, database: Database, lookup: StreamLookup, accounts: AccountService, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._clock = clock

    async def mine(self, caller: Caller | None, *, limit: int, offset: int) -> CommissionList:
        """What the caller earned by hosting others' goods; empty for who never did."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            repository = CommissionRepository(transaction)
            rows, total = await repository.page(caller.user_id, limit, offset)
            sums = await repository.sums(caller.user_id)
        return CommissionList(
            commissions=[_answer(row) for row in rows],
            total=total,
            sums=[
                CommissionSum(currency=amount.currency, amount=amount.to_wire(), orders=orders)
                for amount, orders in sums
            ],
        )

    async def set_rate(self, caller: Caller | None, user_id: str, percent: Decimal) -> CommissionRate:
        """Agree on another percentage with an affiliate, for the orders to come: an admin's to do.

        Raises:
            Refused: `user.not_found`: they are no affiliate; `auth.required`, `auth.forbidden`.
        """
        if require_signed_in(caller).role is not Role.ADMIN:
            raise Refused("auth.forbidden")
        async with self._database.write() as transaction:
            if (await self._accounts.person(transaction, user_id)).role is not Role.AFFILIATE:
                raise Refused("user.not_found")
            await CommissionRepository(transaction).set_percent(user_id, percent, self._clock())
        return CommissionRate(user_id=user_id, percent=float(percent))

    async def co_hosts(self, caller: Caller | None, stream_id: str) -> CoHostList:
        """Who shares a show's commission, for its host and moderators."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.SEE_NUMBERS, stream)
            shares = await CommissionRepository(transaction).shares(stream_id)
            return await self._list(transaction, shares)

    async def set_co_hosts(self, caller: Caller | None, stream_id: str, wish: CoHostsPut) -> CoHostList:
        """Say who shares the commission of the orders to come. What was earned before stays as it is.

        Raises:
            Refused: `stream.not_affiliates`, `stream.over`, `user.not_found`, `request.invalid` (somebody twice, the
                host themselves, or more than all of it), and what rights say.
        """
        shares = {each.user_id: each.share_percent for each in wish.co_hosts}
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.HOST, stream)
            if not stream.is_affiliates:
                raise Refused("stream.not_affiliates")
            if stream.status in _OVER:
                raise Refused("stream.over")
            if len(shares) != len(wish.co_hosts) or stream.host_id in shares or sum(shares.values()) > 100:
                raise Refused("request.invalid", errors=(FieldRefusal("coHosts", "field.invalid"),))
            for user_id in shares:
                if (await self._accounts.person(transaction, user_id)).role not in _HOSTS:
                    raise Refused("user.not_found")
            await CommissionRepository(transaction).set_shares(stream_id, shares, self._clock())
            return await self._list(transaction, shares)

    async def _list(self, transaction: Transaction, shares: Mapping[str, Decimal]) -> CoHostList:
        people = await self._accounts.hosts(transaction, shares)
        hosts = [
            CoHost(user_id=user_id, display_name=people[user_id].display_name, share_percent=float(percent))
            for user_id, percent in shares.items()
            if user_id in people
        ]
        return CoHostList(co_hosts=hosts, total=len(hosts))


def _answer(row: CommissionRow) -> Commission:
    return Commission(
        id=row.id,
        order_id=row.order_id,
        stream_id=row.stream_id,
        percent=float(row.percent),
        amount=Money(row.amount_minor, row.currency).to_wire(),
        currency=row.currency,
        created_at=row.created_at,
        reversed_at=row.reversed_at,
    )
