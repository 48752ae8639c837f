"""What looks like spam, and what only looks lively."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.moderation.words.links import find_links
from gshop_studio.server.moderation.words.normalise import words_of
from gshop_studio.server.moderation.words.spam import SpamRules

RULES = SpamRules()


def score(text: str, recent: list[str] | None = None) -> float:
    return RULES.score(text, words_of(text), recent or [], len(find_links(text)))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "YES!!!",
        "me!",
        "quiero",
        "yo yo yo",
        "❤️❤️❤️",
        "🔥",
        "kkkkkkkkkkkk",
        "jajajaja",
        "Is it blue?",
        "I want number 12",
    ],
)
def test_saying_a_short_thing_again_and_again_is_no_spam(text: str) -> None:
    assert score(text, [text] * 10) <= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Do you have it in blue and in size M?",
        "PLEASE SHOW THE RED DRESS AGAIN!!!",
        "My number is on the order, can you check 555 123 4567?",
        "can I dm you?",
        "is it $1,299.00 or 1.500,00?",
        "order 123456789012 has not come",
        "I have a crypto wallet with this logo, nice",
        "❤️" * 20,
        "looooooooooooooooove it",
        "siiiiiiiiiiiiiiiiiiiiiiii",
        "example.com has the same one",
        "ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT",
    ],
)
def test_lively_talk_is_not_blocked(text: str) -> None:
    assert score(text) <= 0.9


@pytest.mark.parametrize(
    ("text", "recent"),
    [
        ("Follow my page for the best deals in town", ["Follow my page for the best deals in town"] * 2),
        ("Follow my page for the best deals in town!!", ["follow my page for the BEST deals in town"] * 2),
        ("Follow my page for the best deals here in town", ["Follow my page for the best deals in town"] * 3),
        ("buy buy buy buy buy buy buy buy buy buy buy buy buy buy buy buy", []),
        ("🔥" * 100, []),
        ("a" * 300, []),
        ("Earn money from home, click here, WhatsApp +1 555 123 4567", []),
        ("Gana dinero desde casa, escríbeme al WhatsApp +52 55 1234 5678", []),
        ("Ganhe dinheiro, renda extra, me chama no zap 11 98765-4321", []),
        ("free followers, dm me, example.com", []),
    ],
)
def test_spam_is_blocked(text: str, recent: list[str]) -> None:
    assert score(text, recent) > 0.9


@given(st.text(max_size=500), st.lists(st.text(max_size=100), max_size=10))
def test_a_score_is_from_0_to_1(text: str, recent: list[str]) -> None:
    assert 0 <= score(text, recent) <= 1
