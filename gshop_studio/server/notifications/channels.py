"""The seam to what carries notifications out of the house: e-mail, push."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notification for one address, worded for its reader."""

    delivery_id: str
    """Stays the same when it is tried again: by it the other side knows it has it already."""
    notification_id: str
    kind: str
    address: str
    """Of e-mail, or a device's token. Not for the log."""
    language: str
    title: str
    body: str
    url: str | None
    stream_id: str | None
    order_id: str | None
    stop_url: str
    """Where its reader gets no more e-mails of this kind."""
    valid_until: datetime | None


class Fate(Enum):
    SENT = "sent"
    LATER = "later"
    """The other side is out of order, or asks for a pause."""
    GONE = "gone"
    """Nobody has this address any more."""
    REFUSED = "refused"
    """It will not be taken, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    fate: Fate
    reason: str = ""
    """A code, without the address."""
    after_s: float | None = None
    """How long the other side asks to be left alone."""


class Sender(Protocol):
    """Sends one parcel. Raises nothing that is the network's or the other side's."""

    async def send(self, parcel: Parcel) -> Outcome: ...

    async def close(self) -> None: ...
