"""The checks as a viewer meets them: in a running server's chat."""

from __future__ import annotations

from pathlib import Path

from gshop_studio.contract.rest import Role
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
