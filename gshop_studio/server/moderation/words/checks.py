"""The checks every message of a show passes, weighed into one verdict."""

from __future__ import annotations

from collections.abc import Sequence

from gshop_studio.server.moderation.words.blocked_words import BlockedWords
from gshop_studio.server.moderation.words.links import find_links
from gshop_studio.server.moderation.words.normalise import words_of
from gshop_studio.server.moderation.words.spam import SpamRules
from gshop_studio.server.moderation.words.toxicity import ToxicityScorer
from gshop_studio.server.moderation.words.verdict import Outcome, Verdict

__all__ = ["MessageChecks", "Outcome", "Verdict"]

TOXIC = 0.8
"""Above it a message is blocked; the plan's number, as `SPAM` is."""
DOUBTFUL = 0.5
"""From it on a message waits for a moderator."""
SPAM = 0.9


class MessageChecks:
    def __init__(self, scorer: ToxicityScorer) -> None:
        self._scorer = scorer
        self._blocked_words = BlockedWords()
        self._spam = SpamRules()

    async def check(
        self,
        text: str,
        language: str,
        blocked_words: Sequence[str] = (),
        links_policy: str = Outcome.ALLOW,
        recent_texts: Sequence[str] = (),
    ) -> Verdict:
        """Judge one message. What the host forbids is looked at first, so that no scorer is asked in vain.

        Args:
            text: as its author wrote it.
            language: the show's (en, es, pt).
            blocked_words: the host's, words or phrases.
            links_policy: what becomes of a message with a link: allow, hold or block.
            recent_texts: what its author said in this show in the last minute, the oldest first.
        """
        words = words_of(text)
        if self._blocked_words.hits(blocked_words, words):
            return Verdict(Outcome.BLOCK, ("blocked_words",), "chat.blocked_words")
        links = find_links(text)
        on_links = Outcome(links_policy) if links else Outcome.ALLOW
        if on_links is Outcome.BLOCK:
            return Verdict(Outcome.BLOCK, ("links",), "chat.links")
        spam = self._spam.score(text, words, recent_texts, len(links))
        if spam > SPAM:
            return Verdict(Outcome.BLOCK, ("spam",), "chat.spam")
        scores = await self._scorer.score(text, language)
        if scores.toxicity > TOXIC:
            return Verdict(Outcome.BLOCK, ("toxicity",), "chat.toxic")
        if scores.spam > SPAM:
            return Verdict(Outcome.BLOCK, ("spam",), "chat.spam")
        reasons = ("toxicity",) * (scores.toxicity >= DOUBTFUL) + ("links",) * (on_links is Outcome.HOLD)
        return Verdict(Outcome.HOLD, reasons) if reasons else Verdict()

    async def close(self) -> None:
        """Let go of the scorer's connections."""
        await self._scorer.close()
