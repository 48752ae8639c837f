"""Who moderates a show."""

from __future__ import annotations

import pytest

from tests.gshop_studio.server.chat.test_changes import say
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def test_the_host_names_moderators_with_their_rights(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia, leo, viewer = await shop.person(name="Mia"), await shop.person(name="Leo"), await shop.listener()
    await viewer.join(stream_id)
    host = await shop.listener(seller)
    await host.join(stream_id)
    path = f"live/streams/{stream_id}/moderators"
    named = await shop.ask("POST", path, seller, json={"userId": mia.id}, status=201)
    assert named == {"userId": mia.id, "displayName": "Mia", "rights": ["delete", "timeout", "ban", "pin"]}
    await shop.ask("POST", path, seller, json={"userId": leo.id, "rights": ["settings", "products"]}, status=201)
    fewer = await shop.ask("POST", path, seller, json={"userId": mia.id, "rights": ["pin"]}, status=201)
    assert fewer["rights"] == ["pin"]
    both = await shop.ask("GET", path, leo)
    assert both["total"] == 2 and [each["displayName"] for each in both["moderators"]] == ["Mia", "Leo"]
    assert both["moderators"][1]["rights"] == ["products", "settings"]
    assert (await say(shop, mia, stream_id, "hello"))["metadata"]["isModerator"] is True
    for _ in range(2):
        await shop.ask("DELETE", f"{path}/{mia.id}", seller, status=204)
    assert (await say(shop, mia, stream_id, "bye"))["metadata"]["isModerator"] is False
    await eventually(lambda: len(viewer.named("live:moderators:updated")) == 4)
    last = viewer.named("live:moderators:updated")[-1]
    assert last["moderators"] == [{"userId": leo.id, "displayName": "Leo"}], "what they may do is for the staff"
    await eventually(lambda: len(host.named("live:moderators:rights")) == 4)
    rights = host.named("live:moderators:rights")[-1]
    assert rights["moderators"] == [{"userId": leo.id, "displayName": "Leo", "rights": ["products", "settings"]}]
    assert rights["room"] == "staff" and not viewer.named("live:moderators:rights")


async def test_only_the_host_names_them(shop: Shop, seller: Person) -> None:
    """case 16: no moderator makes another, or gives themselves rights."""
    stream_id = await shop.live_stream(seller)
    mia, ana = await shop.person(), await shop.guest("Ana")
    path = f"live/streams/{stream_id}/moderators"
    rights = ["delete", "timeout", "ban", "pin", "products", "settings"]
    await shop.ask("POST", path, seller, json={"userId": mia.id, "rights": rights}, status=201)
    for person in (mia, ana):
        assert await shop.refused("auth.forbidden", "POST", path, person, json={"userId": ana.id}) == 403
        assert await shop.refused("auth.forbidden", "DELETE", f"{path}/{mia.id}", person) == 403
    assert await shop.refused("auth.forbidden", "GET", path, ana) == 403
    await shop.refused("auth.required", "POST", path, json={"userId": ana.id})


@pytest.mark.parametrize("rights", [["host"], "pin", [5], ["pin"] * 7, None])
async def test_rights_that_do_not_fit(shop: Shop, seller: Person, rights: object) -> None:
    """case 6."""
    stream_id = await shop.live_stream(seller)
    wish = {"userId": (await shop.guest()).id, "rights": rights}
    await shop.refused("request.invalid", "POST", f"live/streams/{stream_id}/moderators", seller, json=wish)


async def test_whom_one_cannot_name(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/moderators"
    await shop.refused("user.not_found", "POST", path, seller, json={"userId": "nobody"})
    await shop.refused("request.invalid", "POST", path, seller, json={"userId": seller.id})


async def test_who_is_banned_is_no_moderator_until_let_in_again(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia, path = await shop.person(name="Mia"), f"live/streams/{stream_id}"
    await shop.ask("POST", f"{path}/moderation/ban", seller, json={"userId": mia.id}, status=201)
    for language, text in (("en", "is banned from the show"), ("es", "bloqueada"), ("pt", "banida")):
        answer = await shop.send(
            "POST", f"{path}/moderators", seller, json={"userId": mia.id}, headers={"Accept-Language": language}
        )
        problem = answer.json()
        assert answer.status_code == 409 and problem["code"] == "moderation.banned" and text in problem["detail"]
    assert (await shop.ask("GET", f"{path}/moderators", seller))["total"] == 0
    await shop.ask("DELETE", f"{path}/moderation/ban/{mia.id}", seller, status=204)
    await shop.ask("POST", f"{path}/moderators", seller, json={"userId": mia.id}, status=201)
    assert (await say(shop, mia, stream_id, "back again"))["metadata"]["isModerator"] is True


async def test_the_log_tells_who_was_made_moderator_and_what_was_set(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia, path = await shop.person(name="Mia"), f"live/streams/{stream_id}"
    wish = {"userId": mia.id, "rights": ["settings", "pin"]}
    await shop.ask("POST", f"{path}/moderators", seller, json=wish, status=201)
    settings = {"slowModeS": 30, "links": "block", "blockedWords": ["scam"]}
    for _ in range(2):
        await shop.ask("PUT", f"{path}/chat-settings", mia, json=settings)
    await shop.ask("PUT", f"{path}/chat-settings", mia, json={"blockedWords": []})
    for _ in range(2):
        await shop.ask("DELETE", f"{path}/moderators/{mia.id}", seller, status=204)
    log = await shop.ask("GET", f"{path}/moderation/log", seller)
    assert [
        (entry["action"], entry["username"], entry["moderatorId"], entry.get("reason")) for entry in log["entries"]
    ] == [
        ("remove_moderator", "Mia", seller.id, None),
        ("chat_settings", "Mia", mia.id, "blockedWords"),
        ("chat_settings", "Mia", mia.id, "slowModeS: 30, links: block, blockedWords"),
        ("name_moderator", "Mia", seller.id, "pin, settings"),
    ]
