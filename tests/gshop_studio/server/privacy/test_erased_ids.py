"""The list of who was erased, which outlives the database."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

from gshop_studio.server.privacy.erased_ids import ErasedIds, hash_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_it_names_nobody_and_each_once(tmp_path: Path) -> None:
    erased = ErasedIds(tmp_path / "erased.list")
    assert erased.read() == {}
    erased.add({hash_of("ana"): NOON})
    erased.add({hash_of("ana"): NOON, hash_of("zoe"): NOON})
    assert erased.read() == {hash_of("ana"): NOON, hash_of("zoe"): NOON}
    text = (tmp_path / "erased.list").read_text()
    assert len(text.splitlines()) == 2 and "ana" not in text
    assert stat.S_IMODE((tmp_path / "erased.list").stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "erased.list"
    erased = ErasedIds(path)
    erased.add({hash_of("ana"): NOON})
    path.write_text(path.read_text() + hash_of("zoe")[:20])
    erased.add({hash_of("eva"): NOON})
    assert set(erased.read()) == {hash_of("ana"), hash_of("eva")}
