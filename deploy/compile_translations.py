"""Compile the catalogues at set-up: gettext .po to .mo, Qt .ts to .qm, each only when its source is newer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def is_stale(source: Path, made: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


def main() -> None:
    for source in TRANSLATIONS.glob("*/*/LC_MESSAGES/*.po"):
        made = source.with_suffix(".mo")
        if is_stale(source, made):
            with source.open("rb") as po, made.open("wb") as mo:
                write_mo(mo, read_po(po, locale=source.parents[1].name))
    lrelease = Path(sys.executable).with_name("pyside6-lrelease")
    for source in TRANSLATIONS.glob("*.ts"):
        made = source.with_suffix(".qm")
        if is_stale(source, made):
            subprocess.run([lrelease, "-silent", source, "-qm", made], check=True)


if __name__ == "__main__":
    main()
