"""Render everything into build/screenshots and say where."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.screenshots import page, report, window

FOLDER = Path(__file__).resolve().parents[2] / "build" / "screenshots"


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = window.render(FOLDER, Path(scratch) / "window")
        made += page.render(FOLDER, Path(scratch) / "page")
        made += report.render(FOLDER, Path(scratch) / "report")
    print(f"{len(made)} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
