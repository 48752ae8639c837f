"""What the parts of the studio that follow a show are told: a fresh snapshot, then each event in order."""

from __future__ import annotations

from typing import Any, Protocol

from gshop_studio.contract.events import ServerEvent, Snapshot


class ShowListener(Protocol):
    """A part that follows the show: the shelf, the chat, the numbers."""

    def joined(self, snapshot: Snapshot) -> None:
        """Everything known of the show is replaced by this."""

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        """One event; those that do not concern this part are passed over."""
