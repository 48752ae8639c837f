"""Payment methods: the tokens a person saved. They are kept sealed, shown to nobody, and opened to charge only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from gshop_studio.contract.payment_methods import (
    PaymentMethod,
    PaymentMethodCreate,
    PaymentMethodList,
    PaymentMethodPatch,
)
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.payments.method_repository import PaymentMethodRepository
from gshop_studio.server.payments.ports import PaymentProvider
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.secret_key import SecretKey, keyed_hash
from gshop_studio.server.tables import PaymentMethodRow

MOST = 20
"""Of one person."""
_CARD_NUMBER = re.compile(r"[0-9]{12,19}")


@dataclass(frozen=True, slots=True)
class MethodToCharge:
    id: str
    provider: str
    method: str
    token: str = field(repr=False)


class PaymentMethodService:
    def __init__(self, database: Database, provider: PaymentProvider, secret: SecretKey, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._seal = secret.fernet("payment token")
        self._hash_key = secret.derive("payment token hash")
        self._clock = clock

    async def page(self, caller: Caller | None, *, limit: int, offset: int) -> PaymentMethodList:
        caller = require_account(caller)
        async with self._database.read() as transaction:
            repository = self._repository(transaction)
            rows = await repository.page(caller.user_id, limit=limit, offset=offset)
            total = await repository.count(caller.user_id)
        return PaymentMethodList(payment_methods=[_answer(row) for row in rows], total=total)

    async def add(self, caller: Caller | None, wish: PaymentMethodCreate) -> PaymentMethod:
        """Save a token. The same token again is the method it was saved as.

        Raises:
            Refused: `auth.account_needed`; `request.invalid`: it is a card's number; `payment_method.used_up`;
                `payment_method.too_many`.
        """
        caller = require_account(caller)
        if _is_card_number(wish.token):
            raise Refused("request.invalid", errors=(FieldRefusal("token", "field.card_number"),))
        token_hash = keyed_hash(self._hash_key, wish.token)
        async with self._database.write() as transaction:
            repository = self._repository(transaction)
            await repository.lock_person(caller.user_id)
            row = await repository.of_token(caller.user_id, token_hash)
            if row is not None and row.used_up_at is not None:
                raise Refused("payment_method.used_up")
            count = await repository.count(caller.user_id)
            if row is None and count >= MOST:
                raise Refused("payment_method.too_many", params={"limit": str(MOST)})
            if wish.is_default or count == 0:
                await repository.clear_default(caller.user_id)
            if row is None:
                row = PaymentMethodRow(
                    id=new_id(),
                    user_id=caller.user_id,
                    provider=self._provider.name,
                    token_sealed=self._seal.encrypt(wish.token.encode()).decode(),
                    token_hash=token_hash,
                    method=wish.method,
                    last_four=wish.last_four,
                    expiry_month=wish.expiry_month,
                    expiry_year=wish.expiry_year,
                    is_default=wish.is_default or count == 0,
                    used_up_at=None,
                    created_at=self._clock(),
                )
                await repository.add(row)
            elif wish.is_default:
                row.is_default = True
            return _answer(row)

    async def change(self, caller: Caller | None, method_id: str, wish: PaymentMethodPatch) -> PaymentMethod:
        """Make it the default."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            repository = self._repository(transaction)
            await repository.lock_person(caller.user_id)
            row = await self._require(transaction, caller.user_id, method_id)
            if wish.is_default and not row.is_default:
                await repository.clear_default(caller.user_id)
                row.is_default = True
            return _answer(row)

    async def remove(self, caller: Caller | None, method_id: str) -> None:
        """Forget a method and its token. Where it was the default, the newest one left is it."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            repository = self._repository(transaction)
            await repository.lock_person(caller.user_id)
            row = await self._require(transaction, caller.user_id, method_id)
            await repository.remove(row)
            if row.is_default and (left := await repository.page(caller.user_id, limit=1, offset=0)):
                left[0].is_default = True

    async def to_charge(self, transaction: Transaction, user_id: str, method_id: str) -> MethodToCharge:
        """This person's method, its token opened.

        Raises:
            Refused: `payment_method.not_found`: also where it is somebody else's, another provider's, or used up.
        """
        row = await self._require(transaction, user_id, method_id)
        try:
            token = self._seal.decrypt(row.token_sealed.encode()).decode()
        except InvalidToken as error:  # sealed with a secret this server has no more
            raise Refused("payment_method.not_found") from error
        return MethodToCharge(row.id, row.provider, row.method, token)

    async def charged(self, transaction: Transaction, method_id: str) -> None:
        """It was charged with, however that ended: where the provider takes a token once, it is gone."""
        if self._provider.are_tokens_used_up:
            await self._repository(transaction).use_up(method_id, self._clock())

    async def _require(self, transaction: Transaction, user_id: str, method_id: str) -> PaymentMethodRow:
        row = await self._repository(transaction).method(user_id, method_id)
        if row is None:
            raise Refused("payment_method.not_found")
        return row

    def _repository(self, transaction: Transaction) -> PaymentMethodRepository:
        return PaymentMethodRepository(transaction, self._provider.name)


def _is_card_number(token: str) -> bool:
    """Whether somebody sent the card itself: its digits, and their check digit (Luhn) is right."""
    digits = re.sub(r"[_.-]", "", token)
    if not _CARD_NUMBER.fullmatch(digits):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _answer(row: PaymentMethodRow) -> PaymentMethod:
    return PaymentMethod(
        id=row.id,
        provider=row.provider,
        method=row.method,
        last_four=row.last_four,
        expiry_month=row.expiry_month,
        expiry_year=row.expiry_year,
        is_default=row.is_default,
        created_at=row.created_at,
    )
