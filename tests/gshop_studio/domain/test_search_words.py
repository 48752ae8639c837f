from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.search_words import MOST_WORDS, folded, wanted_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Edición de otoño: ¡Muñecas!", "edicion de otono munecas"),
        ("São Paulo, coração", "sao paulo coracao"),
        ("ŁÓDŹ Ærø Straße İzmir", "lodz aero strasse izmir"),
        ("ﬁne 10㎏ e\u0301clair soft\u00adware", "fine 10kg eclair software"),
        ('4K-TV/"quotes" AND NOT col:*', "4k tv quotes and not col"),
        ("Москва ЁЛКА", "москва елка"),
        ("!!! \u200b", ""),
    ],
)
def test_case_accents_and_signs_do_not_matter(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_each_wanted_word_counts_once_and_not_too_many() -> None:
    assert wanted_words("mug Mug MÚG bowl") == ["mug", "bowl"]
    assert len(wanted_words(" ".join(map(str, range(100))))) == MOST_WORDS


@given(st.text(max_size=60))
def test_folding_again_changes_nothing_and_leaves_letters_and_digits(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found
    assert all(word.isalnum() for word in found)
