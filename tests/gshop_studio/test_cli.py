"""The command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gshop_studio.cli import run

ROOT = Path(__file__).parents[2]


def test_the_help_lists_each_command_that_the_readme_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["--help"])
    listed = set(re.findall(r"^ {4}([a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    named = set(re.findall(r"gshop-studio ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert "engine" in named and named - listed == set()


def test_the_readme_names_each_guide() -> None:
    guides = {path.name for path in (ROOT / "docs").glob("*.md")}
    named = set(re.findall(r"\(docs/([a-z-]+\.md)", (ROOT / "README.md").read_text()))
    assert guides - named - {"cases.md"} == set()
