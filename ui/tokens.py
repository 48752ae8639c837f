"""The look's tokens, read from `resources/themes/tokens.json`: the one source that the buyers' page shares."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from gshop_studio.paths import resources_dir


class ThemeName(StrEnum):
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's values; colours by their names in the file, e.g. `surface-1`."""

    theme: ThemeName
    colours: dict[str, str]
    families: tuple[str, ...]
    icon_px: int

    @classmethod
    def load(cls, theme: ThemeName) -> Tokens:
        """Read the shipped file."""
        found = json.loads((resources_dir() / "themes" / "tokens.json").read_text("utf-8"))
        return cls(
            theme=theme,
            colours=dict(found["colours"][theme.value]),
            families=tuple(found["font"]["families"]),
            icon_px=int(found["icon_px"]["small"]),
        )

    def __getitem__(self, name: str) -> str:
        return self.colours[name]
