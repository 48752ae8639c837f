"""Time and ids as the whole server takes them: UTC to the millisecond, and UUIDv7. The clock is injected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import uuid_utils

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, aware, cut to whole milliseconds: what the wire and the database both hold exactly."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_ms(moment: datetime) -> int:
    """Milliseconds of UTC."""
    return round(moment.timestamp() * 1000)


def new_id() -> str:
    """A UUIDv7: rising with time, so that rows lie in the order they came."""
    return str(uuid_utils.uuid7())
