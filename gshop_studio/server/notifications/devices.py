"""The devices push messages go to."""

from __future__ import annotations

from typing import Literal, cast

from gshop_studio.contract.notifications import Device, DeviceCreate, DeviceList
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Clash, Database
from gshop_studio.server.notifications.person_repository import DeviceRepository
from gshop_studio.server.notifications.preferences import preferences_row
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import UserDeviceRow

MOST = 20
"""So many devices a person has; of more, the ones not seen for longest are forgotten."""


class DeviceService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, caller: Caller | None, wish: DeviceCreate) -> Device:
        """Send push messages here from now on. A device known already is the caller's now."""
        caller = require_account(caller)
        try:
            return await self._add(caller, wish)
        except Clash:  # the same device, said twice at once
            return await self._add(caller, wish)

    async def _add(self, caller: Caller, wish: DeviceCreate) -> Device:
        now = self._clock()
        async with self._database.write() as transaction:
            repository = DeviceRepository(transaction)
            if wish.time_zone is not None:
                preferences = await preferences_row(transaction, caller.user_id, self._clock)
                preferences.time_zone = preferences.time_zone or wish.time_zone
            row = await repository.of_token(wish.token)
            if row is not None and row.user_id != caller.user_id:  # its id is in what waits for somebody else
                await repository.remove([row.id])
                row = None
            if row is None:
                row = UserDeviceRow(
                    id=new_id(), user_id=caller.user_id, token=wish.token, platform=wish.platform, created_at=now,
                    last_seen_at=now,
                )  # fmt: skip
                await repository.add(row)
            row.platform, row.last_seen_at = wish.platform, now
            await repository.flush()
            surplus = [each.id for each in (await repository.of_person(caller.user_id))[MOST:]]
            await repository.remove(surplus)
            return _answer(row)

    async def remove(self, caller: Caller | None, device_id: str) -> None:
        """No push messages here any more.

        Raises:
            Refused: `device.not_found`: nor is another person's.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            repository = DeviceRepository(transaction)
            row = await repository.device(device_id)
            if row is None or row.user_id != caller.user_id:
                raise Refused("device.not_found")
            await repository.remove([device_id])

    async def page(self, caller: Caller | None) -> DeviceList:
        """The caller's, the one seen last first."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            rows = await DeviceRepository(transaction).of_person(caller.user_id)
        return DeviceList(devices=[_answer(row) for row in rows], total=len(rows))


def _answer(row: UserDeviceRow) -> Device:
    return Device(
        id=row.id,
        platform=cast(Literal["android", "ios", "web"], row.platform),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )
