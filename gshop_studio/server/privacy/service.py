"""What a person may ask for: all that is known of them, and to be erased."""

from __future__ import annotations

import logging

from gshop_studio.contract.privacy import AccountDeleted, AccountDeletion
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.rights import require_account, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.privacy.erased_ids import hash_of
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.export import Exporter, PackedExport
from gshop_studio.server.privacy.person_repository import PersonRepository
from gshop_studio.server.privacy.redis_traces import RedisTraces
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.refusals import Refused
from gshop_studio.server.words import say

log = logging.getLogger(__name__)


class PrivacyService:
    def __init__(
        self,
        database: Database,
        accounts: AccountService,
        exporter: Exporter,
        erasing: Erasing,
        redis: RedisTraces,
        export_limit: RateLimit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._exporter = exporter
        self._erasing = erasing
        self._redis = redis
        self._export_limit = export_limit
        self._clock = clock

    async def export(self, caller: Caller | None) -> PackedExport:
        """All that is known of the caller, a guest's too.

        Raises:
            Refused: `auth.required`, `request.rate_limited`, `storage.*`.
        """
        caller = require_signed_in(caller)
        await self._export_limit.hit(caller.user_id)
        return await self._exporter.export(caller.user_id)

    async def delete_account(self, caller: Caller | None, wish: AccountDeletion, language: str) -> AccountDeleted:
        """Erase the caller. Once the account is closed it is promised, and done even if the server is killed then.

        Raises:
            Refused: `auth.account_needed`; `auth.bad_credentials`: the password is wrong; `auth.too_many_attempts`;
                `account.on_air`: a show of theirs is live; `account.order_open`; `storage.*`: nothing was done.
        """
        caller = require_account(caller)
        proven = await self._accounts.prove(caller, wish.password)
        email, now = proven.email or "", self._clock()
        async with self._database.write() as transaction:
            user = await AccountRepository(transaction).user_to_change(caller.user_id)
            if user is None or user.password_hash != proven.password_hash:
                raise Refused("auth.bad_credentials")
            person = PersonRepository(transaction)
            if await person.is_on_air(user.id):
                raise Refused("account.on_air")
            if await person.has_open_order(user.id):
                raise Refused("account.order_open")
            await ErasureRepository(transaction).add(user.id, now)
            await self._accounts.end_sign_ins(transaction, user)
            await person.lock_account(user)
        await self._accounts.tell_signed_out(user)
        try:
            await self._erasing.write_down({hash_of(caller.user_id): now})
            await self._erasing.erase(caller.user_id)
        except Refused as refusal:
            log.warning("an erasure goes on later: %s", refusal.code)
        await self._redis.erase(email)
        return AccountDeleted(message=say("Your account and what it held are deleted.", language))
