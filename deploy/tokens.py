"""Write resources/themes/tokens.css from tokens.json, so that the page and the studio look alike.

python deploy/tokens.py            write the file
python deploy/tokens.py --check    exit with 1 when it is not up to date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

THEMES = Path(__file__).resolve().parent.parent / "resources" / "themes"
SOURCE = THEMES / "tokens.json"
CSS = THEMES / "tokens.css"


def render(tokens: dict[str, Any]) -> str:
    """The custom properties of both themes: dark by default, light where the person's system asks for it."""
    dark, light = (list(_colours(tokens, theme)) for theme in ("dark", "light"))
    return "\n".join(
        [
            "/* Generated from tokens.json by deploy/tokens.py. Do not edit. */",
            ":root {",
            "  color-scheme: dark light;",
            *(f"  {line}" for line in dark),
            *(f"  {line}" for line in _measures(tokens)),
            "}",
            "",
            "@media (prefers-color-scheme: light) {",
            "  :root {",
            *(f"    {line}" for line in light),
            "  }",
            "}",
            "",
            "/* What lies over the picture is dark in both themes. */",
            ".on-picture,",
            ".on-picture-when-narrow {",
            "  color-scheme: dark;",
            *(f"  {line}" for line in dark),
            "}",
            "",
            f"@media {_wide_and_light(tokens)} {{",
            "  .on-picture-when-narrow {",
            "    color-scheme: light;",
            *(f"    {line}" for line in light),
            "  }",
            "}",
            "",
        ]
    )


def _wide_and_light(tokens: dict[str, Any]) -> str:
    return ", ".join(f"{query} and (prefers-color-scheme: light)" for query in tokens["page"]["wide"])


def _colours(tokens: dict[str, Any], theme: str) -> Iterator[str]:
    for name, value in tokens["colours"][theme].items():
        yield f"--{name}: {value};"


def _measures(tokens: dict[str, Any]) -> Iterator[str]:
    font = tokens["font"]
    yield f"--font: {', '.join(font['families'])};"
    for name, size in font["sizes_px"].items():
        yield f"--size-{name}: {size / 16:g}rem;"
    for name, height in font["line_heights"].items():
        yield f"--line-height-{name}: {height:g};"
    for name, weight in font["weights"].items():
        yield f"--weight-{name}: {weight};"
    for name, space in tokens["space_px"].items():
        yield f"--space-{name}: {space}px;"
    for name, radius in tokens["radius_px"].items():
        yield f"--radius-{name}: {radius}px;"
    yield f"--control-height: {tokens['control_height_px']['page']}px;"
    for name, size in tokens["icon_px"].items():
        yield f"--icon-{name}: {size}px;"
    for name, duration in tokens["motion_ms"].items():
        yield f"--motion-{name}: {duration}ms;"


def main(arguments: list[str]) -> int:
    """Write, or check; the exit status says whether the file is up to date."""
    css = render(json.loads(SOURCE.read_text("utf-8")))
    if "--check" in arguments:
        is_current = CSS.exists() and CSS.read_text("utf-8") == css
        if not is_current:
            sys.stderr.write("resources/themes/tokens.css is not up to date: run python deploy/tokens.py\n")
        return 0 if is_current else 1
    CSS.write_text(css, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
