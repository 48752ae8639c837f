"""Prints how much of each package the tests ran, from the combined coverage data."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from pathlib import Path, PurePosixPath

from coverage import Coverage

GOAL = 85.0
_DEPTH = 2
"""gshop_studio.server and encoder.sources are packages of their own in the table."""


def main() -> None:
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(path))
        files = json.loads(path.read_text())["files"]
    covered: dict[str, int] = defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for name, file in files.items():
        package = ".".join(PurePosixPath(name).parent.parts[:_DEPTH])
        for key in (package, "all"):
            covered[key] += file["summary"]["covered_lines"]
            lines[key] += file["summary"]["num_statements"]
    print("\nLines run by the tests, by package:")
    for package in [*sorted(lines.keys() - {"all"}), "all"]:
        share = 100 * covered[package] / max(1, lines[package])
        print(f"  {package:<28}{lines[package]:>7}{share:>8.1f} %{'' if share >= GOAL else f'   below {GOAL:.0f} %'}")


if __name__ == "__main__":
    main()
