"""A client of the engine's socket that reads in a thread of its own, and keeps what the engine reports."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.engine_process import Studio
from tests.support.processes import wait_until

Status = dict[str, Any]
ASK_TIMEOUT_S = 30.0


class EngineRefusal(AssertionError):
    """The engine answered with a fault."""

    def __init__(self, command: str, error: dict[str, Any]) -> None:
        super().__init__(f"{command}: {error}")
        self.code = str(error["code"])
        self.params = dict(error["params"])


class EngineWatch:
    """Asks, and keeps what comes.

    Attributes:
        statuses, notices, previews, devices: All that were told so far.
    """

    def __init__(self, folder: Path) -> None:
        self._studio = Studio(folder)
        self._studio.socket.settimeout(None)
        self._answers: dict[int, queue.Queue[dict[str, Any] | None]] = {}
        self._asking = threading.Lock()
        self._number = 0
        self.is_open = True
        self.statuses: list[Status] = []
        self.notices: list[dict[str, Any]] = []
        self.previews: list[dict[str, Any]] = []
        self.devices: list[dict[str, Any]] = []
        self.meters: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._read, name="engine-watch", daemon=True)
        self._thread.start()

    def __enter__(self) -> EngineWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._studio.hang_up()
        self._thread.join(5)
        self._studio.__exit__()

    # --- asking ---

    def send(self, command: str, params: Any) -> Callable[[], dict[str, Any]]:
        """Send a request; what is returned waits for the answer.

        Raises (when waited for):
            EngineRefusal: the engine answered with a fault.
            TimeoutError: it did not answer.
            ConnectionError: it hung up.
        """
        with self._asking:
            self._number += 1
            number = self._number
            self._answers[number] = queue.Queue()
            if not self.is_open:
                raise ConnectionError("the engine hung up")
            self._studio.send({"id": number, "command": command, "params": params})

        def wait() -> dict[str, Any]:
            try:
                answer = self._answers[number].get(timeout=ASK_TIMEOUT_S)
            except queue.Empty:
                raise TimeoutError(f"{command} was not answered") from None
            finally:
                del self._answers[number]
            if answer is None:
                raise ConnectionError(f"the engine hung up on {command}")
            if not answer["ok"]:
                raise EngineRefusal(command, answer["error"])
            return dict(answer["result"])

        return wait

    def ask(self, command: str, **params: Any) -> dict[str, Any]:
        """The result of a request. Raises as the waiting of `send` does."""
        return self.request(command, params)

    def request(self, command: str, params: Any) -> dict[str, Any]:
        """As `ask`, whatever the parameters are."""
        return self.send(command, params)()

    def refusal(self, command: str, **params: Any) -> str:
        """The code of the fault with which a request is refused."""
        try:
            answer = self.ask(command, **params)
        except EngineRefusal as refusal:
            return refusal.code
        raise AssertionError(f"{command} was not refused: {answer}")

    def status(self) -> Status:
        """As it is now."""
        return self.ask("status")

    # --- waiting ---

    def until(self, condition: Callable[[Status], Any], *, what: str, timeout_s: float = 30.0) -> Status:
        """The first status that fulfils the condition, asked for ten times a second."""
        seen: list[Status] = []

        def look() -> bool:
            seen[:] = [self.status()]
            return bool(condition(seen[0]))

        wait_until(look, timeout_s=timeout_s, what=what, every_s=0.1)
        return seen[0]

    def until_state(self, state: str, timeout_s: float = 30.0) -> Status:
        return self.until(lambda status: status["state"] == state, what=state, timeout_s=timeout_s)

    def until_notice(self, code: str, timeout_s: float = 30.0) -> dict[str, Any]:
        """The first notice with that code, be it told already."""
        found = lambda: next((one for one in list(self.notices) if one["code"] == code), None)  # noqa: E731
        return wait_until(found, timeout_s=timeout_s, what=code) or {}

    # --- the thread ---

    def _read(self) -> None:
        kept = {
            "status": self.statuses,
            "notice": self.notices,
            "preview": self.previews,
            "devices": self.devices,
            "meters": self.meters,
        }
        while (message := self._receive()) is not None:
            if "event" in message:
                kept[message["event"]].append(message["data"])
            elif answers := self._answers.get(message.get("reply_to", -1)):
                answers.put(message)
        with self._asking:
            self.is_open = False
            for waiting in self._answers.values():
                waiting.put(None)

    def _receive(self) -> dict[str, Any] | None:
        try:
            return self._studio.receive()
        except (OSError, ValueError):
            return None
