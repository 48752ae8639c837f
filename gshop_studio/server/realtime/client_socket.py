"""One connected client."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.realtime.event_pace import EventPace
from gshop_studio.server.realtime.outbox import Outbox
from gshop_studio.server.realtime.viewer import ViewerTraits


@dataclass(slots=True, eq=False)
class ClientSocket:
    sid: str
    caller: Caller | None
    language: str
    address: str
    outbox: Outbox
    traits: ViewerTraits
    pace: EventPace
    viewer_keys: dict[str, str | None] = field(default_factory=dict)
    """By the id of each show joined: whom presence counts, None for the host."""
    session_id: str | None = None
    is_gone: bool = False

    @property
    def user_id(self) -> str | None:
        """None for an anonymous viewer."""
        return self.caller.user_id if self.caller else None

    def has_expired(self, now: datetime) -> bool:
        """Whether the sign-in has ended."""
        return self.caller is not None and self.caller.expires_at <= now
