"""What a message passes before it waits to be written: the rate limit and the words.

Nothing here holds a transaction, because the words may be judged by another server. What it finds is weighed by
whoever writes: a message that was said already is answered, whatever is found now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.chat.recent_texts import RecentTexts
from gshop_studio.server.chat.settings.rules import ChatRules, RulesOfShows
from gshop_studio.server.moderation.words.verdict import Outcome, Verdict
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.refusals import Refused


class ChecksWords(Protocol):
    async def check(
        self,
        text: str,
        language: str,
        blocked_words: Sequence[str] = (),
        links_policy: str = Outcome.ALLOW,
        recent_texts: Sequence[str] = (),
    ) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Screened:
    """What was found."""

    refusal: Refused | None = None
    hold_reasons: tuple[str, ...] = ()
    """Not empty for a message that waits for a moderator."""
    is_noted: bool = False
    """Whether it counts as said, until it is forgotten."""


class Screening:
    def __init__(
        self,
        limit: RateLimit,
        checks: ChecksWords,
        rules: RulesOfShows,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit` counts the messages of a person in a show."""
        self._limit = limit
        self._checks = checks
        self._rules = rules
        self._monotonic_s = monotonic_s
        self._recent = RecentTexts()

    async def screen(self, author: Caller, stream_id: str, text: str, client_message_id: str | None) -> Screened:
        """Judge a message that is to be written.

        Raises:
            Refused: `stream.not_found`, `storage.*`.
        """
        rules = await self._rules.of(stream_id)
        if not self._recent.has(stream_id, author.user_id, client_message_id, text):
            try:
                await self._limit.hit(author.user_id, stream_id)
            except Refused as refusal:
                return Screened(refusal)
        now_s = self._monotonic_s()
        before = self._recent.before(stream_id, author.user_id, client_message_id, now_s)
        self._recent.add(stream_id, author.user_id, client_message_id, text, now_s)
        return replace(await self._judge(author, rules, text, before), is_noted=True)

    async def screen_edit(self, author: Caller, stream_id: str, text: str) -> Screened:
        """Judge what a message is to say instead: no repeat, neither of what it said nor of an earlier try.

        Raises:
            Refused: as `screen`.
        """
        rules = await self._rules.of(stream_id)
        try:
            await self._limit.hit(author.user_id, stream_id)
        except Refused as refusal:
            return Screened(refusal)
        return await self._judge(author, rules, text, ())

    def forget(self, author: Caller, stream_id: str, text: str, client_message_id: str | None) -> None:
        """This message was refused: it was not said, and another try counts as one."""
        self._recent.forget(stream_id, author.user_id, client_message_id, text)

    async def _judge(self, author: Caller, rules: ChatRules, text: str, before: Sequence[str]) -> Screened:
        is_lax = rules.are_lax_for(author)
        verdict = await self._checks.check(
            text,
            rules.stream.language,
            rules.blocked_words,
            "allow" if is_lax else rules.links,
            () if is_lax else before,
        )
        if verdict.outcome is Outcome.BLOCK and not (is_lax and verdict.code == "chat.spam"):
            return Screened(Refused(verdict.code or "chat.toxic"))
        if verdict.outcome is Outcome.HOLD and not is_lax:
            return Screened(hold_reasons=verdict.reasons or ("toxicity",))
        return Screened()
