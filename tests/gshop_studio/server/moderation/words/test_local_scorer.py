"""The scorer built in, measured on labelled sentences of three languages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from gshop_studio.server.moderation.words.checks import TOXIC
from gshop_studio.server.moderation.words.lexicon import LANGUAGES, Sense, entries_of
from gshop_studio.server.moderation.words.local_scorer import LocalScorer
from gshop_studio.server.moderation.words.normalise import normalise

DATA = Path(__file__).parent / "data"
SCORER = LocalScorer()


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    is_toxic: bool


def sentences(language: str) -> list[Sentence]:
    with (DATA / f"{language}.csv").open(encoding="utf-8", newline="") as file:
        return [Sentence(row["text"], row["label"] == "toxic") for row in csv.DictReader(file)]


async def precision_and_recall(language: str, said: list[Sentence]) -> tuple[float, float]:
    blocked = [each.is_toxic for each in said if (await SCORER.score(each.text, language)).toxicity > TOXIC]
    return sum(blocked) / len(blocked), sum(blocked) / sum(each.is_toxic for each in said)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_blocked_is_toxic_and_most_that_is_toxic_is_blocked(language: str) -> None:
    """The rules were tuned on every other sentence, so that the rest, held out, says more. docs/moderation.md."""
    said = sentences(language)
    for name, part, least_recall in (("all", said, 0.8), ("held out", said[1::2], 0.75)):
        precision, recall = await precision_and_recall(language, part)
        print(f"{language} {name}: n {len(part)}, precision {precision:.3f}, recall {recall:.3f}")
        assert precision >= 0.95
        assert recall >= least_recall


@pytest.mark.parametrize("language", LANGUAGES)
async def test_few_clean_sentences_wait_for_a_moderator(language: str) -> None:
    clean = [each for each in sentences(language) if not each.is_toxic]
    held = [each for each in clean if (await SCORER.score(each.text, language)).toxicity >= 0.5]
    assert len(held) <= 0.03 * len(clean)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_are_many_and_different(language: str) -> None:
    said = sentences(language)
    toxic = sum(each.is_toxic for each in said)
    assert len(said) >= 300
    assert 0.28 <= toxic / len(said) <= 0.4
    assert len({normalise(each.text) or each.text for each in said}) >= 0.98 * len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lexicon_holds_words_and_phrases_not_the_sentences(language: str) -> None:
    entries = [entry for entry, _ in entries_of(language)]
    assert len(entries) == len(set(entries)), "an entry has one sense"
    long_sentences = {text for each in sentences(language) if (text := normalise(each.text)).count(" ") >= 5}
    assert not long_sentences & set(entries)
    assert max(entry.count(" ") for entry in entries) <= 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sense_that_a_rule_needs_has_words(language: str) -> None:
    senses = {sense for _, sense in entries_of(language)}
    assert senses >= set(Sense) - {Sense.VOCATIVE}


@pytest.mark.parametrize(
    ("milder", "harsher", "language"),
    [
        ("damn, sold out", "you idiot", "en"),
        ("you are not stupid", "you are stupid", "en"),
        ("I am so stupid", "you are so stupid", "en"),
        ("someone called me an idiot here", "this host is an idiot", "en"),
        ("this stupid app", "this stupid host", "en"),
        ("the bag is ugly", "you are ugly", "en"),
        ("no eres tonta", "eres tonta", "es"),
        ("me llamó idiota", "eres idiota", "es"),
        ("el bolso es feo", "eres feo", "es"),
        ("a bolsa é feia", "você é feia", "pt"),
        ("sou burra", "você é burra", "pt"),
        ("que burra, não vi o preço", "que burra você é", "pt"),
        ("qué tonto, no vi el botón", "qué tonto eres", "es"),
        ("qué tonta", "qué tonta que sos", "es"),
        ("essa internet idiota", "essa mulher idiota", "pt"),
    ],
)
async def test_it_matters_whom_it_is_said_of(milder: str, harsher: str, language: str) -> None:
    mild, harsh = await SCORER.score(milder, language), await SCORER.score(harsher, language)
    assert mild.toxicity < 0.5 < TOXIC < harsh.toxicity


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("pt", "seu burro|sua burra|seus burros|suas burras|você é um vadio|vocês são umas vadias|seu asno|sua asna"),
        ("pt", "macaco imundo|macaca imunda|sua burrona|seu burrão|seu cafajeste"),
        ("es", "eres un bobo|eres una boba|sois unos bobos|eres un bruto|eres una bruta|eres un guarro|unas guarras"),
        ("es", "peruano de mierda|peruanas de mierda|cállate estúpido|cállate estúpida|sos un falluto|sos una falluta"),
    ],
)
async def test_whoever_it_is_said_of_is_one_or_many_man_or_woman(language: str, texts: str) -> None:
    passed = [text for text in texts.split("|") if (await SCORER.score(text, language)).toxicity <= TOXIC]
    assert passed == []


@pytest.mark.parametrize(
    "text", ["you 1d10t", "you i d i o t", "you ìdïót", "you idiooooot", "you id\u200biot", "YOU IDI*T"]
)
async def test_a_disguise_does_not_help(text: str) -> None:
    assert (await SCORER.score(text, "en")).toxicity > TOXIC


@pytest.mark.parametrize(
    "text", ["I am so mad I will find where you live", "my phone, kill yourself", "im serious kys"]
)
async def test_a_threat_is_one_whoever_is_named_before_it(text: str) -> None:
    assert (await SCORER.score(text, "en")).toxicity > TOXIC


async def test_the_gravest_words_of_another_language_count_too() -> None:
    assert (await SCORER.score("vete a la mierda", "en")).toxicity > TOXIC
    assert (await SCORER.score("go to hell", "pt")).toxicity > TOXIC


async def test_a_threat_is_severe_and_an_unknown_language_is_read_as_english() -> None:
    assert (await SCORER.score("kill yourself", "xx")).severe_toxicity > 0.8
    assert (await SCORER.score("", "xx")).toxicity == 0.0
