"""Erases a person, step by step: each step is a transaction of its own, so that nobody waits for long, and all of it
may be begun anew at any point. What was promised is in `erasures` until it is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from gshop_studio.contract.chat import MessageDeletedEvent, MessageUnpinnedEvent
from gshop_studio.contract.events import ServerEvent
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Clash, Database, Transaction
from gshop_studio.server.privacy.erased_ids import ErasedIds
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.person_repository import LeftMessage, PersonRepository
from gshop_studio.server.privacy.redis_traces import RedisTraces
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import LiveStreamRow

log = logging.getLogger(__name__)
_OTHERS_LOOK = timedelta(seconds=30)
"""How long other servers look for whose sockets are to be closed (`accounts.sign_outs`)."""
_ROUNDS = 5
"""How often what was said while the account was being closed is looked for."""

Changed = Callable[[str], None]


class Erasing:
    def __init__(
        self,
        database: Database,
        images: ImageStore,
        gateway: Gateway,
        erased_ids: ErasedIds | None,
        redis: RedisTraces,
        clock: Clock,
        show_changed: Changed = lambda _: None,
        product_changed: Changed = lambda _: None,
    ) -> None:
        """`erased_ids`: the list beside the database; None for a copy of one."""
        self._database = database
        self._images = images
        self._gateway = gateway
        self._erased_ids = erased_ids
        self._redis = redis
        self._clock = clock
        self._show_changed = show_changed
        self._product_changed = product_changed

    async def erase(self, user_id: str) -> None:
        """Erase somebody who asked for it, whose account is closed.

        Raises:
            Refused: `storage.*`; what is left is done next time.
        """
        now = self._clock()
        async with self._database.write() as transaction:
            person = PersonRepository(transaction)
            await person.ensure_nobody(now)
            pictures, product_ids = await person.pictures(user_id), await person.products(user_id)
        for name in pictures:
            await self._images.remove(name)
        for _ in range(_ROUNDS):
            async with self._database.read() as transaction:
                stream_ids = await PersonRepository(transaction).touched_shows(user_id)
            for stream_id in stream_ids:
                await self._erase_from_show(stream_id, user_id, now)
            if await self._finish(user_id, now):
                break
        else:
            raise Refused("storage.busy", retry_after_s=1)
        for stream_id in stream_ids:
            self._show_changed(stream_id)
        for product_id in product_ids:
            self._product_changed(product_id)
        await self._redis.erase(user_id)
        log.info("a person was erased, from %d shows", len(stream_ids))

    async def erase_pending(self) -> None:
        """Go on where a server was stopped, or the storage failed: a job."""
        async with self._database.write() as transaction:
            await ErasureRepository(transaction).let_go(self._clock() - _OTHERS_LOOK)
            pending = await ErasureRepository(transaction).pending()
        for user_id in pending:
            await self.erase(user_id)

    async def catch_up(self) -> None:
        """Before anybody is served: forget again whom a restored database remembers, and go on with what is pending.

        Raises:
            Refused: `storage.*`.
        """
        await self.forget_again(await self._listed())
        await self.keep_list()
        await self.erase_pending()

    async def keep_list(self) -> None:
        """The list beside the database has all whom the database has, other servers' too: a job.

        Raises:
            Refused: `storage.*`.
        """
        async with self._database.read() as transaction:
            known = await ErasureRepository(transaction).all()
        await self.write_down(known)

    async def forget_again(self, listed: dict[str, datetime]) -> int:
        """Erase those of the listed whom this database does not know to be erased; how many had an account."""
        async with self._database.read() as transaction:
            known = await ErasureRepository(transaction).all()
            missing = listed.keys() - known.keys()
            accounts = await PersonRepository(transaction).ids_of(missing) if missing else {}
        for erasure_id in sorted(missing):
            try:
                async with self._database.write() as transaction:
                    await ErasureRepository(transaction).remember(
                        erasure_id, listed[erasure_id], accounts.get(erasure_id), self._clock()
                    )
            except Clash:  # another server starts, too
                continue
        for user_id in accounts.values():
            await self.erase(user_id)
        return len(accounts)

    async def write_down(self, erased: dict[str, datetime]) -> None:
        """Add them to the list.

        Raises:
            Refused: `storage.*`.
        """
        if self._erased_ids is None:
            return
        try:
            await asyncio.to_thread(self._erased_ids.add, erased)
        except OSError as error:
            raise Refused("storage.full" if error.errno == 28 else "storage.failed") from error

    async def _listed(self) -> dict[str, datetime]:
        if self._erased_ids is None:
            return {}
        try:
            return await asyncio.to_thread(self._erased_ids.read)
        except OSError as error:
            raise Refused("storage.failed") from error

    async def _erase_from_show(self, stream_id: str, user_id: str, now: datetime) -> None:
        is_theirs = False
        async with self._database.write() as transaction:
            person = PersonRepository(transaction)
            show = await person.show(stream_id)
            if show is None:
                return
            is_theirs = show.host_id == user_id
            if not is_theirs:
                messages = await person.messages(stream_id, user_id)
                await person.erase_from_events(stream_id, user_id, {message.id for message in messages})
                await person.erase_messages(stream_id, user_id, now)
                if show.status == StreamStatus.LIVE.value:
                    await self._tell(transaction, show, messages)
        while is_theirs:
            async with self._database.write() as transaction:
                if await PersonRepository(transaction).delete_with_show(stream_id) == 0:
                    break

    async def _tell(self, transaction: Transaction, show: LiveStreamRow, messages: Collection[LeftMessage]) -> None:
        """Who watches now sees their messages go."""
        for message in messages:
            if message.is_pinned:
                unpinned = MessageUnpinnedEvent(stream_id=show.id, message_id=message.id)
                await self._gateway.record(transaction, show.id, ServerEvent.MESSAGE_UNPINNED, unpinned)
            if not message.is_deleted:
                deleted = MessageDeletedEvent(stream_id=show.id, message_id=message.id, user_id=NOBODY_ID)
                await self._gateway.record(transaction, show.id, ServerEvent.MESSAGE_DELETED, deleted)

    async def _finish(self, user_id: str, now: datetime) -> bool:
        """Delete the account; false where something was said meanwhile."""
        try:
            async with self._database.write() as transaction:
                await PersonRepository(transaction).erase(user_id, now)
                await ErasureRepository(transaction).done(user_id, now)
        except Clash:
            return False
        return True
