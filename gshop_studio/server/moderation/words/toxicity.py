"""The port to whoever judges how toxic a text is, shaped after the Perspective API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scores:
    """Each from 0 to 1: how likely readers would take the text for it."""

    toxicity: float = 0.0
    severe_toxicity: float = 0.0
    spam: float = 0.0


class ToxicityScorer(Protocol):
    async def score(self, text: str, language: str) -> Scores:
        """Judge a text in `language` (en, es, pt). Never raises: who cannot judge falls back to who can."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
