"""JSON as it goes out to clients: short, with letters and emoji as they are. Given to the library as its `json`."""

from __future__ import annotations

import json
from typing import Any

from engineio.json import loads as loads  # which refuses the very long numbers of an attack


def dumps(value: Any, **_options: Any) -> str:
    """Text that can be encoded: where there is half a surrogate pair, everything beyond ASCII is escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":"))
    return text
