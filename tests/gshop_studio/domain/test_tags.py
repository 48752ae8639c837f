"""One form for each tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.tags import MAX_TAG_CHARACTERS, normalised_tag, normalised_tags


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Sale", "sale"),
        ("#Sale", "sale"),
        ("## sale", "sale"),
        ("  two   words\t", "two words"),
        ("OTOÑO", "otoño"),
        ("oton\u0303o", "otoño"),
        ("ｆｕｌｌ", "full"),
        ("in\u200bvisible", "invisible"),
        ("e\u200b\u0301te", "éte"),
        ("#", ""),
        ("\u200b", ""),
        ("x" * 60, "x" * MAX_TAG_CHARACTERS),
    ],
)
def test_a_tag_has_one_form(text: str, tag: str) -> None:
    assert normalised_tag(text) == tag


def test_each_tag_is_kept_once_in_the_order_given() -> None:
    assert normalised_tags(["Mugs", "sale", "#mugs", "", "SALE", "autumn"]) == ["mugs", "sale", "autumn"]


@given(st.text(max_size=80))
def test_applying_it_again_changes_nothing(text: str) -> None:
    tag = normalised_tag(text)
    assert normalised_tag(tag) == tag
    assert len(tag) <= MAX_TAG_CHARACTERS and tag == tag.strip()
