"""What goes out to clients as JSON."""

from __future__ import annotations

import json

import pytest

from gshop_studio.server.realtime import json_text
from gshop_studio.server.realtime.broadcast import Broadcast


@pytest.mark.parametrize("text", ["caf\u00e9 \u65e5\u672c \U0001f525", "half a pair \ud83d", "\ud83d\u65e5", "plain"])
def test_any_text_can_be_sent_and_read_again(text: str) -> None:
    read = json.loads(json_text.dumps({"message": text}).encode())
    assert read == {"message": text}


def test_letters_and_emoji_take_no_more_bytes_than_they_need() -> None:
    text = "\U0001f525" * 100
    assert len(Broadcast("live:message", {"message": text}).frame) < len(text.encode()) + 50
