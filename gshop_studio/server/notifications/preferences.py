"""What a person wants to be told, how and when."""

from __future__ import annotations

from gshop_studio.contract.notifications import (
    Channel,
    ChannelChoice,
    ChannelPatch,
    NotificationKind,
    Preferences,
    PreferencesPatch,
)
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.notifications.person_repository import PreferenceRepository
from gshop_studio.server.notifications.wishes import QUIET_FROM, QUIET_UNTIL, Wishes, wishes_of
from gshop_studio.server.tables import NotificationPreferencesRow


class PreferenceService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, caller: Caller | None) -> Preferences:
        caller = require_account(caller)
        async with self._database.read() as transaction:
            row = await PreferenceRepository(transaction).row(caller.user_id)
        return _answer(wishes_of(row))

    async def change(self, caller: Caller | None, wish: PreferencesPatch) -> Preferences:
        """Only what is given changes."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            row = await preferences_row(transaction, caller.user_id, self._clock)
            given = wish.model_fields_set
            if "time_zone" in given:
                row.time_zone = wish.time_zone
            if wish.is_quiet_at_night is not None:
                row.is_quiet_at_night = wish.is_quiet_at_night
            row.quiet_from = wish.quiet_from or row.quiet_from
            row.quiet_until = wish.quiet_until or row.quiet_until
            choices = {kind: dict(chosen) for kind, chosen in row.choices.items()}
            for kind in NotificationKind:
                patch: ChannelPatch | None = getattr(wish, kind.value)
                if patch is not None:
                    chosen = patch.model_dump(by_alias=True, exclude_none=True)
                    choices[kind.value] = {**choices.get(kind.value, {}), **chosen}
            row.choices, row.updated_at = choices, self._clock()
            await PreferenceRepository(transaction).flush()
            return _answer(wishes_of(row))


async def preferences_row(transaction: Transaction, user_id: str, clock: Clock) -> NotificationPreferencesRow:
    """A person's, locked; with the defaults, where they have none yet."""
    repository = PreferenceRepository(transaction)
    row = await repository.row(user_id)
    if row is None:
        row = NotificationPreferencesRow(
            user_id=user_id, time_zone=None, is_quiet_at_night=True, quiet_from=QUIET_FROM, quiet_until=QUIET_UNTIL,
            choices={}, updated_at=clock(),
        )  # fmt: skip
        await repository.add(row)
    return row


def _answer(wishes: Wishes) -> Preferences:
    choices = {
        kind.value: ChannelChoice.model_validate({channel.value: wishes.wants(kind, channel) for channel in Channel})
        for kind in NotificationKind
    }
    return Preferences.model_validate(
        {
            "time_zone": wishes.time_zone,
            "is_quiet_at_night": wishes.is_quiet_at_night,
            "quiet_from": wishes.quiet_from,
            "quiet_until": wishes.quiet_until,
            **choices,
        }
    )
