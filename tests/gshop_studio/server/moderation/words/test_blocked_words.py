"""A host's list of blocked words."""

from __future__ import annotations

import time
import tracemalloc
from itertools import product
from string import ascii_lowercase

import pytest

from gshop_studio.server.moderation.words.blocked_words import BlockedWords
from gshop_studio.server.moderation.words.normalise import words_of
from gshop_studio.server.moderation.words.word_finder import WordFinder


def hits(blocked: list[str], text: str) -> tuple[str, ...]:
    return BlockedWords().hits(blocked, words_of(text))


@pytest.mark.parametrize(
    ("blocked", "text"),
    [
        ("ass", "you ass"),
        ("ass", "A$$!"),
        ("ass", "assssss"),
        ("idiot", "what an IDIOT"),
        ("idiot", "idiooooot"),
        ("idiot", "idioot"),
        ("idiot", "you idiots"),
        ("idiot", "1d10t"),
        ("Estúpida", "qué estupida eres"),
        ("estupida", "ESTÚPIDAAAA"),
        ("puta", "p*ta"),
        ("fuck", "f**k this"),
        ("good", "gooood"),
        ("free shipping", "is it FREE   shipping?"),
        ("free shipping", "fr3e sh1pp1ng"),
        ("amazon", "on A m a z o n it is cheaper"),
        ("🖕", "take this 🖕🏿"),
        ("c.u.", "cu"),
    ],
)
def test_a_blocked_word_is_found_however_it_is_written(blocked: str, text: str) -> None:
    assert hits([blocked], text) == (blocked,)


@pytest.mark.parametrize(
    ("blocked", "text"),
    [
        ("ass", "class, glass, passed, assets"),
        ("ass", "as good as new, Galaxy A55"),
        ("cunt", "Scunthorpe"),
        ("puta", "computadora, disputa, diputado"),
        ("cu", "cubo, curso, cuia"),
        ("hell", "heel, hello, shell"),
        ("god", "good"),
        ("pero", "perro"),
        ("ano", "año nuevo"),
        ("free shipping", "free, and shipping tomorrow"),
        ("con", "cone, coon"),
        ("", "anything"),
        ("?!", "anything?!"),
    ],
)
def test_a_word_that_only_holds_it_is_not_it(blocked: str, text: str) -> None:
    assert hits([blocked], text) == ()


def test_the_longest_of_overlapping_entries_is_told() -> None:
    assert hits(["cheap", "cheap fake", "fake"], "a cheap fake bag") == ("cheap fake",)


def test_a_full_list_against_the_longest_message_takes_well_under_a_millisecond() -> None:
    blocked = [f"blocked{number} word" for number in range(250)] + [f"única{number}" for number in range(250)]
    words = BlockedWords()
    texts = [("blocked word nothing única here " * 20)[:490] + str(number) for number in range(50)]
    words.hits(blocked, words_of("compiled once"))
    canonical = [words_of(text) for text in texts]
    best = min(_time_s(words, blocked, each) for each in canonical)
    assert best < 0.001


def _time_s(words: BlockedWords, blocked: list[str], canonical: tuple[str, ...]) -> float:
    start = time.perf_counter()
    words.hits(blocked, canonical)
    return time.perf_counter() - start


def test_lists_of_many_hosts_are_kept_apart_and_not_without_end() -> None:
    words = BlockedWords()
    for number in range(500):
        assert words.hits([f"word{number}x"], words_of(f"word{number}x")) == (f"word{number}x",)
    assert words.hits(["word0x"], words_of("word1x")) == ()


def test_a_starred_word_is_found_wherever_one_stretch_of_it_is_hidden() -> None:
    for start in range(1, 5):
        for end in range(start + 1, 6):
            assert hits(["bruxas"], "bruxas"[:start] + "*" * (end - start) + "bruxas"[end:]) == ("bruxas",)
    for text in ("*ruxas", "bruxa*", "b*", "br*uxas", "c*s", "b*a", "bruxasb*s", "b*bruxas"):
        assert hits(["bruxas"], text) == (), text
    assert hits(["cat"], "c*t") == (), "too short to be told from others"


def test_the_longest_list_of_the_longest_words_costs_little_time_and_memory() -> None:
    """500 words of 60 letters, which any seller may set."""
    endings = ["".join(letters) for letters in product(ascii_lowercase[:8], repeat=3)][:500]
    lists = [tuple(f"{prefix * 57}{ending}" for ending in endings) for prefix in "xyz"]
    assert all(len(word) == 60 for word in lists[0])
    compiled = []
    for blocked in lists:
        start = time.perf_counter()
        WordFinder(blocked)
        compiled.append(time.perf_counter() - start)
    assert min(compiled) < 0.1
    tracemalloc.start()
    finder = WordFinder(lists[0])
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes < 2_000_000
    starred = [f"x*{ending}" for ending in endings[:100]]
    start = time.perf_counter()
    assert len(finder.find(starred)) == 100
    assert time.perf_counter() - start < 0.1
