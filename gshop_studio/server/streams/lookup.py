"""Finding a show: what rights and the other domains need to know of it, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from gshop_studio.contract.rest import ModeratorRight
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import Standing, StreamFacts, StreamRight, require
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.repository import FoundStanding, StandingRepository, StreamRepository
from gshop_studio.server.tables import LiveStreamRow


class StreamLookup:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def facts(self, transaction: Transaction, stream_id: str, caller: Caller | None) -> StreamFacts:
        """The show's facts, with the caller's standing in it.

        Raises:
            Refused: `stream.not_found`.
        """
        return await self.facts_of(transaction, await self.require(transaction, stream_id), caller)

    async def facts_of(self, transaction: Transaction, row: LiveStreamRow, caller: Caller | None) -> StreamFacts:
        """As `facts`, of a row that was read already."""
        return facts_of(row, await self.standing(transaction, row, caller))

    async def facts_of_many(
        self, transaction: Transaction, callers: Mapping[str, Iterable[Caller]]
    ) -> dict[tuple[str, str], StreamFacts]:
        """As `facts`, of several shows for several callers each, by show and person, in few queries. A show that does
        not exist is left out. Where the transaction writes, the shows' rows are locked in the order of their ids."""
        rows = await StreamRepository(transaction).streams(callers)
        wanted = {row.id: [caller for caller in callers[row.id] if caller.user_id != row.host_id] for row in rows}
        found = await StandingRepository(transaction).standings(
            {row.id: row.host_id for row in rows},
            [
                (stream_id, caller.user_id, caller.opaque_id)
                for stream_id, people in wanted.items()
                for caller in people
            ],
        )
        facts = {}
        for row in rows:
            for caller in callers[row.id]:
                known = found.get((row.id, caller.user_id))
                facts[row.id, caller.user_id] = facts_of(row, self._standing(known) if known else None)
        return facts

    async def standing(self, transaction: Transaction, row: LiveStreamRow, caller: Caller | None) -> Standing:
        """What this person is to this show."""
        if caller is None or caller.user_id == row.host_id:
            return Standing()
        found = await StandingRepository(transaction).standing(
            row.id, row.host_id, user_id=caller.user_id, opaque_id=caller.opaque_id
        )
        return self._standing(found)

    def _standing(self, found: FoundStanding) -> Standing:
        left_s = (found.timeout_until - self._clock()).total_seconds() if found.timeout_until else 0.0
        return Standing(
            follows=found.follows,
            moderator_rights=frozenset(ModeratorRight(right) for right in found.moderator_rights or ()),
            is_moderator=found.moderator_rights is not None,
            is_banned=found.is_banned,
            timed_out_s=max(0, math.ceil(left_s)),
        )

    async def require(self, transaction: Transaction, stream_id: str) -> LiveStreamRow:
        """The show's row; locked, where the transaction writes.

        Raises:
            Refused: `stream.not_found`.
        """
        row = await StreamRepository(transaction).stream(stream_id)
        if row is None:
            raise Refused("stream.not_found")
        return row

    async def of_host(self, transaction: Transaction, caller: Caller | None, stream_id: str) -> LiveStreamRow:
        """As `require`, for the show's host alone.

        Raises:
            Refused: `stream.not_found`, or what rights say.
        """
        row = await self.require(transaction, stream_id)
        require(caller, StreamRight.HOST, await self.facts_of(transaction, row, caller))
        return row

    async def settle_currency(self, transaction: Transaction, stream_id: str, currency: str, *, is_first: bool) -> None:
        """A show has one currency, that of the first product on its shelf.

        Raises:
            Refused: `stream.currency_mismatch`.
        """
        row = await self.require(transaction, stream_id)
        if row.currency == currency:
            return
        if row.currency is None or is_first:
            row.currency = currency
        else:
            raise Refused("stream.currency_mismatch", params={"currency": row.currency})

    async def count_messages(self, transaction: Transaction, stream_id: str, number: int = 1) -> None:
        await StreamRepository(transaction).count_messages(stream_id, number)

    async def count_viewers(self, transaction: Transaction, stream_id: str, now: int, new_people: int) -> None:
        """Keep how many watch now, the most that ever did, and how many have watched at all."""
        row = await self.require(transaction, stream_id)
        row.viewer_count = now
        row.peak_viewer_count = max(row.peak_viewer_count, now)
        row.total_views += new_people


def facts_of(row: LiveStreamRow, standing: Standing | None = None) -> StreamFacts:
    return StreamFacts(
        id=row.id,
        host_id=row.host_id,
        status=StreamStatus(row.status),
        is_private=row.is_private,
        allowed_viewers=tuple(row.allowed_viewers),
        currency=row.currency,
        language=row.language,
        started_at_ms=to_ms(row.started_at) if row.started_at else None,
        standing=standing or Standing(),
        is_affiliates=row.host_type == "affiliate",
    )
