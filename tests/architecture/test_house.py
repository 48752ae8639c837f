"""The rules of the house that no other tool checks: locks, what is committed, the make targets."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_the_python_lock_pins_by_hash_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    requirements = [line for line in lock.splitlines() if re.match(r"^[a-z0-9]", line)]
    assert requirements and all(re.match(r"^[a-z0-9._-]+==\S+", line) for line in requirements)
    assert lock.count("--hash=sha256:") >= len(requirements)
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_the_python_lock_holds_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=;~ ]", wish)[0].lower() for wish in wanted}
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {line.split("==")[0] for line in lock.splitlines() if "==" in line}
    assert names - pinned == set()


def test_the_npm_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert packages and not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_nothing_made_or_fetched_is_committed() -> None:
    made = re.compile(r"(^|/)(node_modules|vendor|__pycache__|\.venv)(/|$)|\.(mo|qm|pyc|woff2?)$|^uv\.lock$")
    assert [path for path in _tracked() if made.search(path)] == []


def test_make_help_lists_the_targets() -> None:
    text = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    targets = {line.split()[0] for line in text.stdout.splitlines()}
    assert {"setup", "run", "test", "bench", "lint", "screenshots", "clean"} <= targets


def test_the_version_is_one() -> None:
    from gshop_studio import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
