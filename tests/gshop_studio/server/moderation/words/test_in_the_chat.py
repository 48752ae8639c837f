"""The checks as a viewer meets them: in a running server's chat."""

from __future__ import annotations

from pathlib import Path

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.chat.group import GroupWriter
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.chat.settings.test_settings import keep
from tests.gshop_studio.server.moderation.words.test_perspective import KEY, Stub, running
from tests.gshop_studio.server.shop import Person, Shop


async def test_what_is_toxic_is_refused_and_what_may_be_waits_for_a_moderator(shop: Shop, seller: Person) -> None:
    messages = f"live/streams/{await shop.live_stream(seller, language='es')}/messages"
    buyer = await shop.person()
    assert await shop.refused("chat.toxic", "POST", messages, buyer, json={"message": "3res una 1d10ta"}) == 422
    held = await shop.ask("POST", messages, buyer, status=202, json={"message": "aprende a hablar, analfabeta"})
    assert held["held"] is True
    await shop.ask("POST", messages, buyer, status=201, json={"message": "está de puta madre ese bolso"})


async def test_a_message_said_over_and_over_is_refused_and_a_short_cheer_is_not(shop: Shop, seller: Person) -> None:
    messages = f"live/streams/{await shop.live_stream(seller)}/messages"
    buyer = await shop.person()
    advertisement = {"message": "Follow my page for the best deals in town"}
    for _ in range(2):
        await shop.ask("POST", messages, buyer, status=201, json=advertisement)
    assert await shop.refused("chat.spam", "POST", messages, buyer, json=advertisement) == 422
    for _ in range(6):
        await shop.ask("POST", messages, buyer, status=201, json={"message": "me!"})


async def test_a_perspective_server_is_asked_if_there_is_one_and_missed_by_nobody(tmp_path: Path) -> None:
    async with running(Stub()) as stub:
        async with Shop(tmp_path / "data", perspective_url=stub.url, perspective_key=KEY) as shop:
            seller = await shop.person(Role.SELLER)
            messages = f"live/streams/{await shop.live_stream(seller)}/messages"
            buyer = await shop.person()
            # the stub finds everything toxic
            assert await shop.refused("chat.toxic", "POST", messages, buyer, json={"message": "hello"}) == 422
            stub.answer = lambda _: (500, "", b"")
            await shop.ask("POST", messages, buyer, status=201, json={"message": "hello again"})
            assert await shop.refused("chat.toxic", "POST", messages, buyer, json={"message": "you idiot"}) == 422
        assert stub.requests[0]["body"]["comment"]["text"] == "hello"


async def test_what_was_refused_for_another_reason_is_no_repeat(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    await keep(shop, seller, stream_id, followersOnly=True)
    messages, buyer = f"live/streams/{stream_id}/messages", await shop.person()
    wish = {"message": "I would love to have this one in dark blue"}
    for _ in range(4):
        assert await shop.refused("chat.followers_only", "POST", messages, buyer, json=wish) == 403
    await shop.ask("POST", f"sellers/{seller.id}/follow", buyer)
    await shop.ask("POST", messages, buyer, status=201, json=wish)


async def test_what_was_not_written_is_no_repeat(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    messages, buyer = f"live/streams/{await shop.live_stream(seller)}/messages", await shop.person()
    wish = {"message": "I would love to have this one in dark blue"}

    async def away(*_: object) -> None:
        raise Refused("storage.unreachable", retry_after_s=1)

    with monkeypatch.context() as patch:
        patch.setattr(GroupWriter, "write", away)
        for _ in range(4):
            await shop.refused("storage.unreachable", "POST", messages, buyer, json=wish)
    await shop.ask("POST", messages, buyer, status=201, json=wish)


async def test_too_many_repeats_do_not_hide_those_before(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages, buyer = f"live/streams/{await shop.live_stream(seller)}/messages", await shop.person()
    wish = {"message": "I would love to have this one in dark blue"}
    for _ in range(2):
        await shop.ask("POST", messages, buyer, status=201, json=wish)

    async def is_over(*_: object) -> None:
        raise Refused("chat.rate_limited", retry_after_s=1)

    with monkeypatch.context() as patch:
        patch.setattr(shop.server.services.chat._writer._screening._limit, "hit", is_over)
        for _ in range(3):
            await shop.refused("chat.rate_limited", "POST", messages, buyer, json=wish)
    assert await shop.refused("chat.spam", "POST", messages, buyer, json=wish) == 422


async def test_an_edit_is_no_repeat_of_what_it_edits(shop: Shop, seller: Person) -> None:
    messages, buyer = f"live/streams/{await shop.live_stream(seller)}/messages", await shop.person()
    text = "I would love to have this one in dark blue"
    said = await shop.ask("POST", messages, buyer, status=201, json={"message": text})
    for ending in (", please", "!", ", thank you", " and soon"):
        await shop.ask("PATCH", f"{messages}/{said['id']}", buyer, json={"message": text + ending})


async def test_trying_a_refused_message_again_counts_against_the_limit(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data", chat_rate_limit="3/10 seconds") as shop:
        messages = f"live/streams/{await shop.live_stream(await shop.person(Role.SELLER))}/messages"
        wish = {"message": "you are an idiot", "clientMessageId": "k1"}
        buyer = await shop.person()
        for code in ["chat.toxic"] * 3 + ["chat.rate_limited"] * 2:
            await shop.refused(code, "POST", messages, buyer, json=wish)
