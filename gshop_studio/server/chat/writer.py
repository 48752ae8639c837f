"""The writer of the chat: what waits is written together, in one transaction, and answered once that is durable.

Within a show messages are written in the order they came, however long each is judged. Nothing is held up to make
groups larger: while one group is committed the next gathers. One message that is not taken does not hurt the others of
its group.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gshop_studio.contract.rest import ChatMessage
from gshop_studio.server.chat.group import Draft, GroupWriter, Result
from gshop_studio.server.chat.screening import Screened, Screening
from gshop_studio.server.database import Clash, Database
from gshop_studio.server.refusals import Refused

log = logging.getLogger(__name__)
GROUP_LIMIT = 200
WAITING_LIMIT = 5000
"""Messages waiting to be written. When full the newest is refused, and counted."""
_TRIES = 2
"""Of a group that another transaction stood in the way of."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    draft: Draft
    screening: asyncio.Task[Screened]
    answer: asyncio.Future[Result]


class ChatWriter:
    def __init__(
        self,
        database: Database,
        screening: Screening,
        group_writer: GroupWriter,
        written: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`written` is told how many messages each group wrote."""
        self._database = database
        self._screening = screening
        self._group_writer = group_writer
        self._written = written
        self._waiting: deque[_Waiting] = deque()
        self._is_screened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self.refused_count = 0
        """Messages turned away because too many waited."""

    @property
    def waiting_count(self) -> int:
        return len(self._waiting)

    async def submit(self, draft: Draft) -> Result:
        """Screen this, and write it after all that came to its show before it; what became of it.

        Raises:
            Refused: `storage.*`: it could not be written.
        """
        if self._is_closing or len(self._waiting) >= WAITING_LIMIT:
            self.refused_count += 1
            raise Refused("storage.busy", retry_after_s=1)
        screening = asyncio.create_task(
            self._screening.screen(draft.author, draft.stream_id, draft.text, draft.client_message_id),
            name="screening",
        )
        screening.add_done_callback(lambda _: self._is_screened.set())
        waiting = _Waiting(draft, screening, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="chat writer")
        return await waiting.answer

    async def close(self) -> None:
        """Write what waits and take nothing more."""
        self._is_closing = True
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        """Until nothing waits."""
        while self._waiting:
            if group := self._take_screened():
                await self._write(group)
            elif self._waiting:
                self._is_screened.clear()
                await self._is_screened.wait()

    def _take_screened(self) -> list[_Waiting]:
        """What may be written now: one that is still being judged holds up those behind it in its show, no others."""
        group: list[_Waiting] = []
        left: list[_Waiting] = []
        held_up: set[str] = set()
        while self._waiting and len(group) < GROUP_LIMIT:
            waiting = self._waiting.popleft()
            if waiting.draft.stream_id in held_up or not waiting.screening.done():
                held_up.add(waiting.draft.stream_id)
                left.append(waiting)
            elif (error := waiting.screening.exception()) is not None:
                self._fail([waiting], error)
            else:
                group.append(replace(waiting, draft=replace(waiting.draft, screened=waiting.screening.result())))
        self._waiting.extendleft(reversed(left))
        return group

    async def _write(self, group: Sequence[_Waiting], tries: int = _TRIES) -> None:
        try:
            async with self._database.write() as transaction:
                results = await self._group_writer.write(transaction, [waiting.draft for waiting in group])
        except Refused as refusal:
            if refusal.code == "storage.busy" and tries > 1:
                await self._write(group, tries - 1)
            else:
                self._fail(group, refusal)
        except Clash as error:
            await self._write_each(group, error, tries)
        except Exception as error:  # the outermost frame of the writer: the authors are told, the next group is written
            log.exception("a group of messages was not written")
            self._fail(group, error)
        else:
            self._written(sum(isinstance(result, ChatMessage) for result in results))
            for waiting, result in zip(group, results, strict=True):
                if isinstance(result, Refused):
                    self._forget(waiting.draft)
                if not waiting.answer.done():
                    waiting.answer.set_result(result)

    async def _write_each(self, group: Sequence[_Waiting], error: Clash, tries: int) -> None:
        """One of them was written elsewhere meanwhile, or cannot be: find which, without hurting the others."""
        if len(group) > 1:
            for waiting in group:
                await self._write([waiting])
        elif tries > 1:
            await self._write(group, tries - 1)
        else:
            self._fail(group, error)

    def _fail(self, group: Sequence[_Waiting], error: BaseException) -> None:
        """Who says it again under the same id says the same; without one it must not look like a repeat."""
        for waiting in group:
            if waiting.draft.client_message_id is None:
                self._forget(waiting.draft)
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    def _forget(self, draft: Draft) -> None:
        if draft.screened.is_noted:
            self._screening.forget(draft.author, draft.stream_id, draft.text, draft.client_message_id)
