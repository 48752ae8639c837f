"""A show's moderators: named by the host, each with rights of their own."""

from __future__ import annotations

from collections.abc import Callable

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.moderation import (
    Moderator,
    ModeratorCreate,
    ModeratorList,
    ModeratorsRightsEvent,
    ModeratorsUpdatedEvent,
    NamedModerator,
)
from gshop_studio.contract.rest import ModeratorRight
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.moderation.log import Action, ModerationLog
from gshop_studio.server.moderation.repository import ModeratorRepository, RestrictionRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamModeratorRow

ModeratorsListener = Callable[[str], None]
"""Told the show whose moderators have changed."""


class ModeratorService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        gateway: Gateway,
        log: ModerationLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._gateway = gateway
        self._log = log
        self._clock = clock
        self._changed: list[ModeratorsListener] = []

    def subscribe_changed(self, listener: ModeratorsListener) -> None:
        """Told on the instance that did it, after the commit. Must neither block nor raise."""
        self._changed.append(listener)

    async def moderators(self, caller: Caller | None, stream_id: str) -> ModeratorList:
        """In the order they were named, to the host, the moderators and staff."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.MODERATE, stream)
            moderators = await self._moderators(transaction, stream_id)
        return ModeratorList(moderators=moderators, total=len(moderators))

    async def name(self, caller: Caller | None, stream_id: str, wish: ModeratorCreate) -> Moderator:
        """Make somebody a moderator, or give a moderator other rights.

        Raises:
            Refused: `user.not_found`, `moderation.banned`, or what rights say.
        """
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.HOST, stream)
            person = await self._accounts.person(transaction, wish.user_id)
            if person.id == stream.host_id:
                raise Refused("request.invalid", errors=(FieldRefusal("userId", "field.invalid"),))
            actor = require_signed_in(caller)
            repository = ModeratorRepository(transaction)
            restriction = await RestrictionRepository(transaction).of(stream_id, person.opaque_id)
            if restriction is not None and restriction.is_banned:
                raise Refused("moderation.banned")
            row = await repository.moderator(stream_id, person.id)
            if row is None:
                row = LiveStreamModeratorRow(
                    stream_id=stream_id,
                    user_id=person.id,
                    rights=[],
                    added_by=actor.user_id,
                    created_at=self._clock(),
                )
                await repository.add(row)
            row.rights = [right.value for right in ModeratorRight if right in wish.rights]
            await self._announce(transaction, stream_id)
            action = Action("name_moderator", person.id, ", ".join(row.rights))
            await self._log.record(transaction, stream_id, actor, action)
            return Moderator(
                user_id=person.id,
                display_name=person.display_name,
                rights=[ModeratorRight(right) for right in row.rights],
            )

    async def remove(self, caller: Caller | None, stream_id: str, user_id: str) -> None:
        """Take somebody's rights back. Who is no moderator stays so, without an event."""
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.HOST, stream)
            repository = ModeratorRepository(transaction)
            row = await repository.moderator(stream_id, user_id)
            if row is not None:
                await repository.remove(row)
                await self._announce(transaction, stream_id)
                action = Action("remove_moderator", user_id)
                await self._log.record(transaction, stream_id, require_signed_in(caller), action)

    async def _announce(self, transaction: Transaction, stream_id: str) -> None:
        moderators = await self._moderators(transaction, stream_id)
        names = [NamedModerator(user_id=each.user_id, display_name=each.display_name) for each in moderators]
        updated = ModeratorsUpdatedEvent(stream_id=stream_id, moderators=names)
        await self._gateway.record(transaction, stream_id, ServerEvent.MODERATORS_UPDATED, updated)
        rights = ModeratorsRightsEvent(stream_id=stream_id, moderators=moderators)
        await self._gateway.record(transaction, stream_id, ServerEvent.MODERATORS_RIGHTS, rights, room=Room.STAFF)

        def tell() -> None:
            for listener in self._changed:
                listener(stream_id)

        transaction.after_commit(tell)

    async def _moderators(self, transaction: Transaction, stream_id: str) -> list[Moderator]:
        return [
            Moderator(
                user_id=row.user_id,
                display_name=user.display_name,
                rights=[ModeratorRight(right) for right in row.rights],
            )
            for row, user in await ModeratorRepository(transaction).moderators(stream_id)
        ]
