"""What each author said last in each show, in memory, for telling spam. Bounded; time is handed in."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

WINDOW_S = 60.0
TEXTS_LIMIT = 10
"""Texts of one author in one show; the oldest is forgotten."""
AUTHORS_LIMIT = 20_000
"""The one who wrote longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class _Said:
    at_s: float
    text: str
    client_message_id: str | None


class RecentTexts:
    def __init__(self) -> None:
        self._of: OrderedDict[tuple[str, str], deque[_Said]] = OrderedDict()

    def before(self, stream_id: str, user_id: str, client_message_id: str | None, now_s: float) -> tuple[str, ...]:
        """What this author said in the last minute, oldest first; not what is now sent again under its own id."""
        return tuple(
            said.text
            for said in self._of.get((stream_id, user_id), ())
            if now_s - said.at_s < WINDOW_S
            and (client_message_id is None or said.client_message_id != client_message_id)
        )

    def has(self, stream_id: str, user_id: str, client_message_id: str | None, text: str) -> bool:
        """Whether just this was seen here, under this id."""
        said = self._of.get((stream_id, user_id), ())
        return client_message_id is not None and any(
            each.client_message_id == client_message_id and each.text == text for each in said
        )

    def forget(self, stream_id: str, user_id: str, client_message_id: str | None, text: str) -> None:
        """This was not said after all."""
        said = self._of.get((stream_id, user_id), deque())
        for each in reversed(said):
            if each.client_message_id == client_message_id and each.text == text:
                said.remove(each)
                return

    def add(self, stream_id: str, user_id: str, client_message_id: str | None, text: str, now_s: float) -> None:
        if self.has(stream_id, user_id, client_message_id, text):
            return
        self._of.setdefault((stream_id, user_id), deque(maxlen=TEXTS_LIMIT)).append(
            _Said(now_s, text, client_message_id)
        )
        self._of.move_to_end((stream_id, user_id))
        while len(self._of) > AUTHORS_LIMIT:
            self._of.popitem(last=False)
