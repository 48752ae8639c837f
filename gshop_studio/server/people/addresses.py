"""Addresses: where a person has things sent, and which of them is meant when nothing is said."""

from __future__ import annotations

from gshop_studio.contract.addresses import Address, AddressCreate, AddressList, AddressPatch
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.people.address_repository import AddressRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import ShippingAddressRow

MOST = 20
"""Of one person."""
_OPTIONAL = ("line2", "region", "postal_code", "phone")
_NEEDED = ("recipient", "line1", "city", "country")


class AddressService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(self, caller: Caller | None, *, limit: int, offset: int) -> AddressList:
        caller = require_account(caller)
        async with self._database.read() as transaction:
            repository = AddressRepository(transaction)
            rows = await repository.page(caller.user_id, limit=limit, offset=offset)
            return AddressList(addresses=[_answer(row) for row in rows], total=await repository.count(caller.user_id))

    async def add(self, caller: Caller | None, wish: AddressCreate) -> Address:
        """A new address.

        Raises:
            Refused: `auth.account_needed`, `address.too_many`.
        """
        caller = require_account(caller)
        now = self._clock()
        async with self._database.write() as transaction:
            repository = AddressRepository(transaction)
            await repository.lock_person(caller.user_id)
            count = await repository.count(caller.user_id)
            if count >= MOST:
                raise Refused("address.too_many", params={"limit": str(MOST)})
            if wish.is_default:
                await repository.clear_default(caller.user_id)
            row = ShippingAddressRow(
                id=new_id(),
                user_id=caller.user_id,
                **{name: getattr(wish, name) for name in (*_NEEDED, *_OPTIONAL)},
                is_default=wish.is_default or count == 0,
                created_at=now,
                updated_at=now,
            )
            await repository.add(row)
            return _answer(row)

    async def change(self, caller: Caller | None, address_id: str, wish: AddressPatch) -> Address:
        """Only what is given changes. Orders that were made keep the address they were made with."""
        caller = require_account(caller)
        given = wish.model_fields_set
        async with self._database.write() as transaction:
            repository = AddressRepository(transaction)
            await repository.lock_person(caller.user_id)
            row = await self.require(transaction, caller.user_id, address_id)
            if wish.is_default and not row.is_default:
                await repository.clear_default(caller.user_id)
                row.is_default = True
            for name in given:
                value = getattr(wish, name)
                if name in _OPTIONAL or (name in _NEEDED and value is not None):
                    setattr(row, name, value)
            row.updated_at = self._clock()
            return _answer(row)

    async def remove(self, caller: Caller | None, address_id: str) -> None:
        """Forget an address. Where it was the default, the newest one left is it."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            repository = AddressRepository(transaction)
            await repository.lock_person(caller.user_id)
            row = await self.require(transaction, caller.user_id, address_id)
            await repository.remove(row)
            if row.is_default and (left := await repository.page(caller.user_id, limit=1, offset=0)):
                left[0].is_default = True

    async def require(self, transaction: Transaction, user_id: str, address_id: str) -> ShippingAddressRow:
        """This person's address.

        Raises:
            Refused: `address.not_found`: also where it is somebody else's.
        """
        row = await AddressRepository(transaction).address(user_id, address_id)
        if row is None:
            raise Refused("address.not_found")
        return row


def _answer(row: ShippingAddressRow) -> Address:
    return Address(
        id=row.id,
        **{name: getattr(row, name) for name in (*_NEEDED, *_OPTIONAL)},
        is_default=row.is_default,
        created_at=row.created_at,
    )


def copy_of(row: ShippingAddressRow) -> dict[str, str]:
    """The address as an order keeps it, in the names of the wire; what is not set is left out."""
    copy = _answer(row).model_dump(mode="json", by_alias=True, exclude={"id", "is_default", "created_at"})
    return {name: value for name, value in copy.items() if value is not None}
