"""What viewers must never be told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.gshop_studio.server.walk.scene import Scene

NAMES = frozenset(
    {
        "revenue", "totalRevenue", "gmv", "metrics", "allowedViewers", "blockedWords", "streamKey", "rtmpUrl",
        "rtmpIngestUrl", "email", "password", "passwordHash", "address", "ip", "reasons", "opaqueId",
    }
)  # fmt: skip
"""Fields that are the host's, a moderator's or nobody's."""


async def check_nothing_private(scene: Scene, told: Any) -> None:
    """case 17: neither a private field nor a secret of the host is in what a viewer was told."""
    assert not NAMES & set(_names(told)), told
    text = json.dumps(told)
    assert not [secret for secret in await scene.secrets() if secret in text]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)
