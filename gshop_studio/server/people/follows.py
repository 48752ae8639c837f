"""Following hosts, and what a host's public page says."""

from __future__ import annotations

from typing import Literal, cast

from gshop_studio.contract.people import FollowAnswer, FollowedSeller, FollowedSellerList, SellerPage
from gshop_studio.contract.rest import Role
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.accounts.service import location_of
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.people.repository import FollowRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.tables import UserRow

HostType = Literal[Role.SELLER, Role.AFFILIATE]


class FollowService:
    def __init__(self, database: Database, streams: StreamService, clock: Clock) -> None:
        self._database = database
        self._streams = streams
        self._clock = clock

    async def follow(self, caller: Caller | None, seller_id: str) -> FollowAnswer:
        """Follow a host of shows; following twice is following.

        Raises:
            Refused: `auth.account_needed`, `user.not_found`, `follow.not_yourself`.
        """
        return await self._set(caller, seller_id, is_following=True)

    async def unfollow(self, caller: Caller | None, seller_id: str) -> FollowAnswer:
        return await self._set(caller, seller_id, is_following=False)

    async def page_of(self, caller: Caller | None, seller_id: str) -> SellerPage:
        """What everybody may know of a host.

        Raises:
            Refused: `user.not_found`.
        """
        async with self._database.read() as transaction:
            host = await _host(transaction, seller_id)
            repository = FollowRepository(transaction)
            shows = await self._streams.public_shows(transaction, seller_id)
            return SellerPage(
                id=host.id,
                display_name=host.display_name,
                avatar_url=host.avatar_url,
                host_type=_host_type(host),
                follower_count=await repository.followers(seller_id),
                is_following=await repository.follows(caller.user_id, seller_id) if caller else None,
                location=location_of(host),
                live_count=shows.live_count,
                upcoming_count=shows.upcoming_count,
                past_count=shows.past_count,
                live_streams=shows.live,
            )

    async def following(self, caller: Caller | None, *, limit: int, offset: int) -> FollowedSellerList:
        """Whom the caller follows."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            found, total = await FollowRepository(transaction).followed(caller.user_id, limit=limit, offset=offset)
            live = await self._streams.hosts_on_air(transaction, [host.id for _, host in found])
        sellers = [
            FollowedSeller(
                id=host.id,
                display_name=host.display_name,
                avatar_url=host.avatar_url,
                host_type=_host_type(host),
                is_live=host.id in live,
                followed_at=follow.created_at,
            )
            for follow, host in found
        ]
        return FollowedSellerList(sellers=sellers, total=total)

    async def _set(self, caller: Caller | None, seller_id: str, *, is_following: bool) -> FollowAnswer:
        caller = require_account(caller)
        if caller.user_id == seller_id:
            raise Refused("follow.not_yourself")
        async with self._database.write() as transaction:
            await _host(transaction, seller_id)
            repository = FollowRepository(transaction)
            if is_following:
                await repository.add(caller.user_id, seller_id, self._clock())
            else:
                await repository.remove(caller.user_id, seller_id)
            count = await repository.followers(seller_id)
        return FollowAnswer(seller_id=seller_id, is_following=is_following, follower_count=count)


async def _host(transaction: Transaction, user_id: str) -> UserRow:
    """A person who may host shows; of others the public is told nothing."""
    row = await FollowRepository(transaction).person(user_id)
    if row is None or row.role not in (Role.SELLER, Role.AFFILIATE):
        raise Refused("user.not_found")
    return row


def _host_type(host: UserRow) -> HostType:
    return cast(HostType, Role(host.role))
