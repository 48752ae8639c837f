"""All checks weighed into one verdict."""

from __future__ import annotations

import pytest

from gshop_studio.server.moderation.words.checks import MessageChecks
from gshop_studio.server.moderation.words.local_scorer import LocalScorer
from gshop_studio.server.moderation.words.toxicity import Scores
from gshop_studio.server.moderation.words.verdict import Outcome, Verdict


class Says:
    """A scorer that says what it is told to."""

    def __init__(self, scores: Scores | None = None) -> None:
        self.scores = scores or Scores()
        self.asked: list[str] = []

    async def score(self, text: str, language: str) -> Scores:
        self.asked.append(text)
        return self.scores

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("toxicity", "outcome", "code"),
    [
        (0.0, Outcome.ALLOW, None),
        (0.49, Outcome.ALLOW, None),
        (0.5, Outcome.HOLD, None),
        (0.8, Outcome.HOLD, None),
        (0.81, Outcome.BLOCK, "chat.toxic"),
        (1.0, Outcome.BLOCK, "chat.toxic"),
    ],
)
async def test_toxicity_holds_from_a_half_and_blocks_above_four_fifths(
    toxicity: float, outcome: Outcome, code: str | None
) -> None:
    verdict = await MessageChecks(Says(Scores(toxicity=toxicity))).check("hello there", "en")
    assert (verdict.outcome, verdict.code) == (outcome, code)
    assert verdict.reasons == (() if outcome is Outcome.ALLOW else ("toxicity",))


@pytest.mark.parametrize(("spam", "outcome"), [(0.9, Outcome.ALLOW), (0.91, Outcome.BLOCK)])
async def test_a_scorers_spam_blocks_above_nine_tenths(spam: float, outcome: Outcome) -> None:
    verdict = await MessageChecks(Says(Scores(spam=spam))).check("hello there", "en")
    assert verdict.outcome is outcome
    assert verdict.code == ("chat.spam" if outcome is Outcome.BLOCK else None)


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ("allow", Verdict()),
        ("hold", Verdict(Outcome.HOLD, ("links",))),
        ("block", Verdict(Outcome.BLOCK, ("links",), "chat.links")),
    ],
)
async def test_links_follow_the_hosts_policy(policy: str, verdict: Verdict) -> None:
    checks = MessageChecks(Says())
    assert await checks.check("see example.com/sale", "en", links_policy=policy) == verdict
    assert await checks.check("it is $3.50", "en", links_policy=policy) == Verdict()


async def test_the_hosts_words_block_before_anybody_is_asked() -> None:
    scorer = Says(Scores(toxicity=1.0))
    verdict = await MessageChecks(scorer).check("cheaper on AMAZ0N", "en", ["amazon"])
    assert verdict == Verdict(Outcome.BLOCK, ("blocked_words",), "chat.blocked_words")
    assert scorer.asked == []


async def test_the_third_time_of_one_long_message_is_spam() -> None:
    text = "Follow my page for the best deals in town"
    verdict = await MessageChecks(Says()).check(text, "en", recent_texts=[text, text])
    assert verdict == Verdict(Outcome.BLOCK, ("spam",), "chat.spam")


async def test_all_that_speaks_for_holding_is_told() -> None:
    checks = MessageChecks(Says(Scores(toxicity=0.6)))
    verdict = await checks.check("see example.com", "en", links_policy="hold")
    assert verdict == Verdict(Outcome.HOLD, ("toxicity", "links"))


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "💥" * 500, "a" * 500, "İ" * 500, "*" * 500, "[" * 500])
async def test_no_text_breaks_it(text: str) -> None:
    """Case 6."""
    await MessageChecks(LocalScorer()).check(text, "es", ["*", "", "a*b"], "hold", [text, text])
