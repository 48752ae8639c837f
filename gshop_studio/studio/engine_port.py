"""What the use cases need of the engine's process."""

from __future__ import annotations

from typing import Any, Protocol

from gshop_studio.client.engine_client import EngineListener
from gshop_studio.engine_protocol import Command


class EnginePort(Protocol):
    """The engine's process at the other end of its socket."""

    async def open(self, listener: EngineListener) -> bool:
        """Find the running engine or start one, and connect. True: it was running already.

        Raises:
            ClientError: it did not start or does not answer.
        """

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Raises:
            ClientError: refused by the engine (with its fault's code), or the engine is gone.
        """

    async def shutdown(self) -> None:
        """End the broadcast and the process; done when it is gone."""

    async def close(self) -> None:
        """Disconnect; the engine runs on."""
