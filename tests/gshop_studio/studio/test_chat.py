"""Messages come in order, and what the seller says keeps its state until the shop has it."""

from __future__ import annotations

import asyncio

import pytest

from gshop_studio.client.errors import ApiError
from gshop_studio.contract.events import ServerEvent
from gshop_studio.studio.chat import LINE_LIMIT, Chat, Delivery
from tests.gshop_studio.studio.examples import message, said, snapshot


class Room:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.refusal: ApiError | None = None

    async def send_message(self, text: str, client_message_id: str) -> None:
        self.sent.append((text, client_message_id))
        await self.gate.wait()
        if self.refusal:
            raise self.refusal


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def chat(room: Room) -> Chat:
    numbers = iter(range(1, 1000))
    made = Chat(lambda: 0, lambda: f"mine-{next(numbers)}")
    made.begin_show(room, "me", "Alba")
    made.joined(snapshot(messages=(message("size M?"),)))
    return made


def texts(chat: Chat) -> list[str]:
    return [line.text for line in chat.snapshot.value.lines]


def deliveries(chat: Chat) -> list[Delivery]:
    return [line.delivery for line in chat.snapshot.value.lines]


async def test_what_is_sent_stands_there_at_once_and_once(chat: Chat, room: Room) -> None:
    sending = asyncio.create_task(chat.send("  Yes! "))
    await asyncio.sleep(0)
    assert deliveries(chat)[-1] is Delivery.SENDING
    chat.happened(ServerEvent.MESSAGE, said("Yes!", seq=2, user_id="me", client_message_id="mine-1"))
    room.gate.set()
    await sending
    assert texts(chat) == ["size M?", "Yes!"]
    assert deliveries(chat)[-1] is Delivery.RECEIVED
    assert chat.snapshot.value.lines[-1].is_mine


async def test_a_message_that_did_not_go_out_stays_and_goes_again_under_its_id(chat: Chat, room: Room) -> None:
    room.refusal = ApiError("chat.rate_limited", "Slow down.")
    room.gate.set()
    await chat.send("hello")
    failed = chat.snapshot.value.lines[-1]
    assert failed.delivery is Delivery.FAILED
    assert failed.trouble is not None and failed.trouble.detail == "Slow down."
    room.refusal = None
    await chat.send_again(failed.id)
    assert room.sent == [("hello", "mine-1"), ("hello", "mine-1")]
    assert chat.snapshot.value.lines[-1].delivery is Delivery.SENDING


async def test_an_answer_that_was_lost_after_the_broadcast_is_no_failure(chat: Chat, room: Room) -> None:
    room.refusal = ApiError("timeout")
    sending = asyncio.create_task(chat.send("hello"))
    await asyncio.sleep(0)
    chat.happened(ServerEvent.MESSAGE, said("hello", seq=2, user_id="me", client_message_id="mine-1"))
    room.gate.set()
    await sending
    assert [line.delivery for line in chat.snapshot.value.lines] == [Delivery.RECEIVED, Delivery.RECEIVED]


async def test_markup_is_kept_as_it_is_written(chat: Chat) -> None:
    """Case 1: it is text, and stays text."""
    chat.happened(ServerEvent.MESSAGE, said("<img src=x onerror=alert(1)>", seq=2))
    assert texts(chat)[-1] == "<img src=x onerror=alert(1)>"


async def test_the_oldest_lines_are_dropped_at_the_limit(chat: Chat) -> None:
    for seq in range(2, LINE_LIMIT + 20):
        chat.happened(ServerEvent.MESSAGE, said(str(seq), seq=seq))
    assert len(chat.snapshot.value.lines) == LINE_LIMIT
    assert texts(chat)[-1] == str(LINE_LIMIT + 19)


async def test_nothing_is_sent_without_words_or_without_a_show(chat: Chat, room: Room) -> None:
    await chat.send("   ")
    chat.end_show()
    await chat.send("too late")
    assert room.sent == []
    assert not chat.snapshot.value.can_write


async def test_another_user_cannot_take_a_line_away_by_its_client_id(chat: Chat, room: Room) -> None:
    sending = asyncio.create_task(chat.send("mine"))
    await asyncio.sleep(0)
    chat.happened(ServerEvent.MESSAGE, said("theirs", seq=2, client_message_id="mine-1"))
    assert texts(chat) == ["size M?", "theirs", "mine"]
    room.gate.set()
    await sending
