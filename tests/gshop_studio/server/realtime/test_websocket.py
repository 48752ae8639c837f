"""Ready-made frames are what a WebSocket library reads."""

from __future__ import annotations

import json
from typing import Any

from engineio import packet as engine_packet
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from gshop_studio.server.realtime.broadcast import Broadcast
from gshop_studio.server.realtime.packets import TextPacket
from gshop_studio.server.realtime.websocket import text_frame


def read(data: bytes) -> list[str]:
    """The texts a client reads, which checks the protocol strictly."""
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=2**22)
    client.receive_data(data)
    assert client.parser_exc is None, client.parser_exc
    events = client.events_received()
    assert all(isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin for event in events)
    return [bytes(event.data).decode() for event in events if isinstance(event, Frame)]


@given(st.lists(st.text(max_size=300), max_size=5))
@example(["x" * 125, "x" * 126, "x" * 65_535, "x" * 65_536, "é" * 63])
def test_frames_in_a_row_are_the_texts(texts: list[str]) -> None:
    assert read(b"".join(map(text_frame, texts))) == texts


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=5))
def test_both_forms_of_an_event_say_the_same(data: dict[str, Any]) -> None:
    broadcast = Broadcast("live:message", data)
    [text] = read(broadcast.frame)
    assert text == broadcast.queued.encode()
    assert int(text[0]) == engine_packet.MESSAGE
    decoded = TextPacket(encoded_packet=text[1:])
    assert decoded.data == ["live:message", json.loads(json.dumps(data))]
