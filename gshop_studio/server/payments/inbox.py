"""The inbox of payment notices: believed ones are written down, answered, and done afterwards, once each.

Who sends a notice gets its answer when it is durable, so that a slow provider or a busy database makes no notice come
again, and a server killed behind the answer takes it up at its next start. What fails is tried again with back-off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import timedelta

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.payments.ports import (
    BadNotice,
    PaymentNotices,
    PaymentProvider,
    ProviderUnavailable,
    RawNotice,
)
from gshop_studio.server.payments.repository import NoticeRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
_LEASE = timedelta(seconds=30)
"""Longer than looking up and settling take. Whoever is killed in between leaves the notice to the next."""
_AT_ONCE = 20
_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 3600.0


class NoticeInbox:
    def __init__(self, database: Database, provider: PaymentProvider, notices: PaymentNotices, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._notices = notices
        self._clock = clock
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.refused_count = 0

    async def start(self) -> None:
        """Do what comes here soon after it came. What is left over is `work`'s, at whichever server leads."""
        self._task = asyncio.create_task(self._run(), name="payment notices")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None

    async def receive(self, raw: RawNotice) -> None:
        """Take a notice. When this returns it is durable; one that is known already stays as it is.

        Raises:
            Refused: `payment.bad_notice`; `storage.*`, whereupon it is sent again.
        """
        now = self._clock()
        try:
            notice = self._provider.verify(raw, now)
        except BadNotice as bad:
            self.refused_count += 1
            log.warning("a payment notice is not believed: %s", bad.why)
            raise Refused("payment.bad_notice") from bad
        if notice.payment_id is None:
            return
        async with self._database.write() as transaction:
            if await NoticeRepository(transaction).add(notice, now):
                transaction.after_commit(self._came.set)

    async def work(self) -> None:
        """Do all that is due: a job."""
        while await self._some():
            pass

    async def _run(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            try:
                await self.work()
            except Refused as refusal:
                log.warning("payment notices wait: %s", refusal.code)
            except Exception:  # the outermost frame of this task: the job tries what is left
                log.exception("payment notices failed")

    async def _some(self) -> bool:
        """Do some of what is due; whether there may be more."""
        now = self._clock()
        async with self._database.read() as transaction:  # nothing to do, mostly: no writer's turn for that
            if not await NoticeRepository(transaction).is_any_due(now):
                return False
        async with self._database.write() as transaction:
            claimed = await NoticeRepository(transaction).claim(now, now + _LEASE, _AT_ONCE)
        keys_by_payment: dict[str, list[str]] = defaultdict(list)
        for row in claimed:
            keys_by_payment[row.payment_id].append(row.key)
        attempts = {row.key: row.attempts for row in claimed}
        looks = [  # several notices of one payment are one look
            self._do(payment_id, keys, max(attempts[key] for key in keys))
            for payment_id, keys in keys_by_payment.items()
        ]
        await asyncio.gather(*looks)
        return len(claimed) == _AT_ONCE

    async def _do(self, payment_id: str, keys: list[str], attempt: int) -> None:
        is_done = await self._try(payment_id)
        try:
            async with self._database.write() as transaction:
                repository = NoticeRepository(transaction)
                if is_done:
                    await repository.done(keys)
                else:
                    await repository.later(keys, self._clock() + timedelta(seconds=retry_after_s(attempt)))
        except Refused as refusal:  # done again when the lease is over
            log.warning("a payment notice is tried again later: %s", refusal.code)

    async def _try(self, payment_id: str) -> bool:
        """Whether the payment is settled as far as it can be."""
        try:
            await self._notices.payment_changed(payment_id)
        except (Refused, ProviderUnavailable) as error:
            why = error.code if isinstance(error, Refused) else "the provider does not answer"
            log.warning("a payment notice is tried again later: %s", why)
            return False
        except Exception:  # a fault of ours with one payment keeps no other from being settled
            log.exception("a payment notice failed")
            return False
        return True


def retry_after_s(attempt: int) -> float:
    """How long to wait after the nth try, from 1: 5 s, 10 s, ... an hour at most. It never ends: money waits for it."""
    return min(_FIRST_RETRY_S * 2.0 ** min(attempt - 1, 20), _LONGEST_RETRY_S)
