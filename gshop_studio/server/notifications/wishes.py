"""What a person wants to be told, how and when: what they chose, and the defaults for the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from types import MappingProxyType
from typing import Any

from gshop_studio.contract.notifications import Channel, NotificationKind
from gshop_studio.domain.quiet_hours import QuietHours
from gshop_studio.server.tables import NotificationPreferencesRow

QUIET_FROM, QUIET_UNTIL = "23:00", "07:00"
_EVERY_WAY = frozenset(Channel)
_NO_MAIL = frozenset({Channel.IN_APP, Channel.PUSH})
_DEFAULTS: Mapping[NotificationKind, frozenset[Channel]] = {
    NotificationKind.LIVE: _NO_MAIL,
    NotificationKind.REMINDER: _EVERY_WAY,
    NotificationKind.CANCELLED: _EVERY_WAY,
    NotificationKind.MOVED: _EVERY_WAY,
    NotificationKind.SALE: _NO_MAIL,
}
"""What somebody asked for by name comes by every way; what may come often, not by e-mail."""


@dataclass(frozen=True, slots=True)
class Wishes:
    time_zone: str | None = None
    is_quiet_at_night: bool = True
    quiet_from: str = QUIET_FROM
    quiet_until: str = QUIET_UNTIL
    choices: Mapping[str, Mapping[str, bool]] = field(default_factory=lambda: MappingProxyType({}))
    """By kind and channel; what is not there is as by default."""

    def wants(self, kind: NotificationKind, channel: Channel) -> bool:
        """Whether this kind is to come by this way."""
        return bool(self.choices.get(kind.value, {}).get(channel.value, channel in _DEFAULTS[kind]))

    def wakes_at(self, now: datetime, shop_zone: str) -> datetime | None:
        """When the night that it is now is over for the person; None by day, and for who wants no quiet."""
        if not self.is_quiet_at_night:
            return None
        hours = QuietHours(time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_until))
        return hours.quiet_until(now, self.time_zone or shop_zone)


def wishes_of(row: NotificationPreferencesRow | None) -> Wishes:
    """Of a person, by their row."""
    if row is None:
        return Wishes()
    choices: Mapping[str, Any] = row.choices
    return Wishes(row.time_zone, row.is_quiet_at_night, row.quiet_from, row.quiet_until, choices)
