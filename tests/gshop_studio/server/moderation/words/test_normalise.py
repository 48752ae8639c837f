"""The one canonical form, however a word is disguised."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gshop_studio.server.moderation.words.normalise import MAX_CHARACTERS, fold, normalise

disguises = st.text(
    st.characters() | st.sampled_from("aeiou13457@$!*.-_ \u200b\u0301ñßİıＡⓘ𝓲аӏ❤️🏽|"), max_size=80
)  # fmt: skip


@pytest.mark.parametrize(
    "disguised",
    [
        "idiot",
        "IDIOT!!!",
        "1d10t",
        "!d!ot",
        "i d i o t",
        "i.d.i.o.t",
        "i-d-i-o-t",
        "i_d_i_o_t",
        "id-io-t",
        "ídïôt",
        "ｉｄｉｏｔ",
        "ⓘⓓⓘⓞⓣ",
        "𝓲𝓭𝓲𝓸𝓽",
        "ɪᴅɪᴏᴛ",
        "і\u200bd\u00adі\u2060оt",
        "ιdιoτ",
        "i\ufe0fd\U000e0061iot",
    ],
)
def test_a_disguised_word_is_the_word(disguised: str) -> None:
    assert normalise(disguised) == "idiot"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("año, ano", "año ano"),
        ("Ação e Coração", "acao e coracao"),
        ("don't you're", "dont youre"),
        ("$3.50", "3 50"),
        ("Galaxy A55", "galaxy a55"),
        ("sizes S M", "sizes s m"),
        ("T-shirt", "t shirt"),
        ("looooooove", "looove"),
        ("cool", "cool"),
        ("f*ck f**k", "f*ck f*k"),
        ("*love*", "love"),
        ("🖕🏽🖕", "🖕 🖕"),
        ("cu1o imbeci1", "culo imbecil"),
        ("a$$", "ass"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_the_canonical_form(text: str, canonical: str) -> None:
    assert normalise(text) == canonical


@given(disguises)
@example("n\u0303\u0303")
@example("İ")
@example("ŉ")
@example("\u0345")
@example("1a.1b")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(max_size=3000))
def test_it_never_grows_past_its_bound(text: str) -> None:
    assert len(fold(text)) <= MAX_CHARACTERS
    assert len(normalise(text)) <= 2 * MAX_CHARACTERS


@pytest.mark.parametrize("piece", ["a", "1", "*", "a.", "a ", "$", "\u0301", "ﷺ", "a*", "!", "i d ", "1|", "-a"])
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """A message made to be slow is not: ten times as long takes nowhere near a hundred times as long."""
    times = []
    for number in (MAX_CHARACTERS // 10, MAX_CHARACTERS):
        text = (piece * number)[:number]
        rounds = []
        for round_ in range(5):
            start = time.perf_counter()
            normalise(text + str(round_))
            rounds.append(time.perf_counter() - start)
        times.append(min(rounds))
    assert times[1] < 50 * times[0] + 0.01
