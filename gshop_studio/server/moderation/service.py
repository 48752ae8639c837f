"""Moderation of people: time-outs, bans and warnings, and what was done. Whoever is kept out is kept out by an opaque
id, so that a ban outlives the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.moderation import (
    BanRequest,
    ModerationEntry,
    TimeoutRequest,
    UserBannedEvent,
    UserRestoredEvent,
    UserTimeoutEvent,
    UserWarnedEvent,
    WarnRequest,
)
from gshop_studio.contract.moderation import (
    ModerationLog as LogAnswer,
)
from gshop_studio.contract.rest import Role
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.person import Person
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.moderation.log import Action, ModerationLog
from gshop_studio.server.moderation.repository import ModeratorRepository, RestrictionRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamRestrictionRow

RestrictedListener = Callable[[str, str], None]
"""Told (show, person) after somebody was timed out or banned."""


class ModerationService:
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
        self._restricted: list[RestrictedListener] = []

    def subscribe_restricted(self, listener: RestrictedListener) -> None:
        """Told on the instance that did it, after the commit. Must neither block nor raise."""
        self._restricted.append(listener)

    async def time_out(self, caller: Caller | None, stream_id: str, wish: TimeoutRequest) -> ModerationEntry:
        """Keep somebody from writing for a while.

        Raises:
            Refused: `user.not_found`, `moderation.not_allowed_on`, or what rights say.
        """
        async with self._database.write() as transaction:
            actor, person = await self._on(transaction, caller, stream_id, wish.user_id, StreamRight.TIME_OUT)
            until = self._clock() + timedelta(seconds=wish.duration)
            row = await self._restriction(transaction, stream_id, person, actor, wish.reason)
            row.timeout_until = until
            event = UserTimeoutEvent(stream_id=stream_id, user_id=person.id, duration=wish.duration, reason=wish.reason)
            await self._gateway.record(transaction, stream_id, ServerEvent.USER_TIMEOUT, event)
            self._tell(transaction, stream_id, person.id)
            action = Action("timeout", person.id, wish.reason, duration_s=wish.duration, expires_at=until)
            return await self._log.record(transaction, stream_id, actor, action)

    async def ban(self, caller: Caller | None, stream_id: str, wish: BanRequest) -> ModerationEntry:
        """Keep somebody out of a show: they may neither watch nor write, and their open sockets are closed.

        Raises:
            Refused: as `time_out`.
        """
        async with self._database.write() as transaction:
            actor, person = await self._on(transaction, caller, stream_id, wish.user_id, StreamRight.BAN)
            row = await self._restriction(transaction, stream_id, person, actor, wish.reason)
            row.is_banned = True
            event = UserBannedEvent(stream_id=stream_id, user_id=person.id, reason=wish.reason)
            await self._gateway.record(transaction, stream_id, ServerEvent.USER_BANNED, event)
            self._tell(transaction, stream_id, person.id)
            self._gateway.shut_out(transaction, stream_id, person.id)
            return await self._log.record(transaction, stream_id, actor, Action("ban", person.id, wish.reason))

    async def warn(self, caller: Caller | None, stream_id: str, wish: WarnRequest) -> ModerationEntry:
        """Tell somebody, and nobody else, to mind their words.

        Raises:
            Refused: as `time_out`.
        """
        async with self._database.write() as transaction:
            actor, person = await self._on(transaction, caller, stream_id, wish.user_id, StreamRight.TIME_OUT)
            warned = UserWarnedEvent(stream_id=stream_id, user_id=person.id, reason=wish.reason)
            self._gateway.send_to_person(transaction, stream_id, person.id, ServerEvent.USER_WARNED, warned)
            return await self._log.record(transaction, stream_id, actor, Action("warning", person.id, wish.reason))

    async def end_timeout(self, caller: Caller | None, stream_id: str, user_id: str) -> None:
        """Let somebody write again. Who may write already stays so, without an event."""
        async with self._database.write() as transaction:
            actor, row = await self._restricted_one(transaction, caller, stream_id, user_id, StreamRight.TIME_OUT)
            if row is not None and row.timeout_until is not None and row.timeout_until > self._clock():
                row.timeout_until = None
                await self._restore(transaction, actor, row, Action("untimeout", user_id))

    async def lift_ban(self, caller: Caller | None, stream_id: str, user_id: str) -> None:
        """Let somebody in again. Who is not banned stays so, without an event."""
        async with self._database.write() as transaction:
            actor, row = await self._restricted_one(transaction, caller, stream_id, user_id, StreamRight.BAN)
            if row is not None and row.is_banned:
                row.is_banned = False
                await self._restore(transaction, actor, row, Action("unban", user_id))

    async def log(self, caller: Caller | None, stream_id: str, *, limit: int, offset: int) -> LogAnswer:
        """What moderators did in this show, newest first."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.MODERATE, stream)
            return await self._log.page(transaction, stream_id, limit=limit, offset=offset)

    # ------------------------------------------------------------------------------------------------------------

    async def _on(
        self, transaction: Transaction, caller: Caller | None, stream_id: str, user_id: str, right: StreamRight
    ) -> tuple[Caller, Person]:
        """Who acts and on whom, where that is allowed."""
        stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, right, stream)
        person = await self._accounts.person(transaction, user_id)
        await self._refuse_protected(transaction, stream, person)
        return require_signed_in(caller), person

    async def _refuse_protected(self, transaction: Transaction, stream: StreamFacts, person: Person) -> None:
        is_moderator = await ModeratorRepository(transaction).moderator(stream.id, person.id) is not None
        if is_moderator or person.id == stream.host_id or person.role in (Role.SUPPORT, Role.ADMIN):
            raise Refused("moderation.not_allowed_on")

    async def _restriction(
        self, transaction: Transaction, stream_id: str, person: Person, actor: Caller, reason: str | None
    ) -> LiveStreamRestrictionRow:
        repository, now = RestrictionRepository(transaction), self._clock()
        row = await repository.of(stream_id, person.opaque_id)
        if row is None:
            row = _restriction(stream_id, person, actor, now)
            await repository.add(row)
        row.user_id, row.moderator_id, row.reason, row.updated_at = person.id, actor.user_id, reason, now
        return row

    async def _restricted_one(
        self, transaction: Transaction, caller: Caller | None, stream_id: str, user_id: str, right: StreamRight
    ) -> tuple[Caller, LiveStreamRestrictionRow | None]:
        stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, right, stream)
        person = await self._accounts.person(transaction, user_id)
        row = await RestrictionRepository(transaction).of(stream_id, person.opaque_id)
        return require_signed_in(caller), row

    async def _restore(
        self, transaction: Transaction, actor: Caller, row: LiveStreamRestrictionRow, action: Action
    ) -> None:
        row.moderator_id, row.updated_at = actor.user_id, self._clock()
        restored = UserRestoredEvent(stream_id=row.stream_id, user_id=action.user_id)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.USER_RESTORED, restored)
        await self._log.record(transaction, row.stream_id, actor, action)

    def _tell(self, transaction: Transaction, stream_id: str, user_id: str) -> None:
        def tell() -> None:
            for listener in self._restricted:
                listener(stream_id, user_id)

        transaction.after_commit(tell)


def _restriction(stream_id: str, person: Person, actor: Caller, now: datetime) -> LiveStreamRestrictionRow:
    return LiveStreamRestrictionRow(
        stream_id=stream_id,
        opaque_id=person.opaque_id,
        user_id=person.id,
        is_banned=False,
        timeout_until=None,
        moderator_id=actor.user_id,
        reason=None,
        updated_at=now,
    )
