"""The page's third-party modules: what set-up put there is whole, and set-up knows when it has nothing to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy import vendor


def test_the_wheel_brings_an_npm_that_runs() -> None:
    *_, bundled = vendor.npm_commands()
    answer = subprocess.run([*bundled, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert int(answer.stdout.split(".")[0]) >= 9


def test_a_set_up_is_current_only_when_it_is_whole_and_of_this_lock(tmp_path: Path) -> None:
    for name in vendor.FILES:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / vendor.STAMP).write_text("this", "utf-8")
    assert vendor.is_current(tmp_path, "this")
    assert not vendor.is_current(tmp_path, "another")
    (tmp_path / "hls.mjs").unlink()
    assert not vendor.is_current(tmp_path, "this")


def test_modules_are_copied_without_pointers_to_source_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = tmp_path / "node_modules"
    for source in vendor.FILES.values():
        file = modules / source
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"export default 1;\n//# sourceMappingURL=hls.mjs.map\n")
    (modules / "hls.js" / "LICENSE").write_text("Apache", "utf-8")
    monkeypatch.setattr(vendor, "MODULES", modules)
    target = tmp_path / "vendor"
    target.mkdir()
    (target / "old.mjs").write_bytes(b"")

    vendor.copy_modules(target, "stamp")

    assert (target / "hls.mjs").read_bytes().strip() == b"export default 1;"
    assert "Apache" in (target / vendor.LICENCES).read_text("utf-8")
    assert not (target / "old.mjs").exists()
    assert vendor.is_current(target, "stamp")
