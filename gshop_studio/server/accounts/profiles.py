"""Profiles: the name, language and picture a person chose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gshop_studio.contract.people import ProfilePatch
from gshop_studio.contract.rest import User
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.rights import require_account, require_signed_in
from gshop_studio.server.accounts.service import user_answer
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import UserRow
from gshop_studio.server.urls import PublicUrls

AVATAR_PX = (256, 256)
PersonListener = Callable[[Transaction, str], Awaitable[None]]
"""Told, within the transaction, the id of somebody whose name or place changed."""


class ProfileService:
    def __init__(self, database: Database, images: ImageStore, urls: PublicUrls, clock: Clock) -> None:
        self._database = database
        self._images = images
        self._urls = urls
        self._clock = clock
        self._listeners: list[PersonListener] = []

    def subscribe_changed(self, listener: PersonListener) -> None:
        self._listeners.append(listener)

    async def profile(self, caller: Caller | None) -> User:
        caller = require_signed_in(caller)
        async with self._database.read() as transaction:
            return user_answer(await _person(transaction, caller))

    async def change(self, caller: Caller | None, wish: ProfilePatch) -> User:
        """Another name, language or place; only what is given changes. A guest may, too."""
        caller = require_signed_in(caller)
        async with self._database.write() as transaction:
            row = await _person(transaction, caller)
            row.display_name = wish.display_name or row.display_name
            row.language = wish.language or row.language
            if "location" in wish.model_fields_set:
                row.city = wish.location.city if wish.location else None
                row.country = wish.location.country if wish.location else None
            row.updated_at = self._clock()
            for listener in self._listeners:
                await listener(transaction, row.id)
            return user_answer(row)

    async def set_avatar(self, caller: Caller | None, upload: bytes) -> User:
        """The person's picture, cut to a square; the one before is forgotten."""
        caller = require_account(caller)
        name = await self._images.add(upload, AVATAR_PX)
        try:
            return await self._put_avatar(caller, self._urls.image(name))
        except BaseException:
            await self._images.remove(name)
            raise

    async def remove_avatar(self, caller: Caller | None) -> User:
        return await self._put_avatar(require_account(caller), None)

    async def _put_avatar(self, caller: Caller, url: str | None) -> User:
        async with self._database.write() as transaction:
            row = await _person(transaction, caller)
            before, row.avatar_url, row.updated_at = row.avatar_url, url, self._clock()
            answer = user_answer(row)
        if before is not None:
            await self._images.remove(before.rpartition("/")[2])
        return answer


async def _person(transaction: Transaction, caller: Caller) -> UserRow:
    repository = AccountRepository(transaction)
    found = repository.user_to_change if transaction.is_writing else repository.user
    row = await found(caller.user_id)
    if row is None:
        raise Refused("auth.bad_token")
    return row
