"""Reactions: told together, counted for good."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gshop_studio.contract.rest import Role
from gshop_studio.server.chat.reactions.repository import ReactionRepository
from gshop_studio.server.tables import LiveStreamReactionRow, LiveStreamViewerRow
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually, eventually_async


def told(listener: Listener) -> Counter[str]:
    """All counts a listener was told, added up."""
    counts: Counter[str] = Counter()
    for event in listener.named("live:reactions"):
        counts.update(event["reactions"])
    return counts


async def test_reactions_are_told_together_and_counted(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    ana, viewer = await shop.guest("Ana"), await shop.listener()
    await viewer.join(stream_id)
    reacting = await shop.listener(ana)
    await reacting.join(stream_id)
    wish = {"streamId": stream_id, "message": "\u2764", "type": "reaction"}
    for _ in range(24):
        answer = await reacting.call("live:reaction", {"streamId": stream_id, "reaction": "❤️"})
        assert answer == {"ok": True, "streamId": stream_id, "type": "reaction", "reaction": "❤️"}
    assert (await reacting.call("live:reaction", {"streamId": stream_id, "reaction": "\u2764"}))["reaction"] == "❤️"
    assert (await reacting.call("live:message", wish))["reaction"] == "❤️", "the heart without its selector, each way"
    wish = {"message": "🔥", "type": "reaction"}
    await shop.ask("POST", f"live/streams/{stream_id}/messages", ana, json=wish, status=202)
    assert (await reacting.call("live:message", {"streamId": stream_id, **wish}))["ok"]
    await eventually(lambda: told(viewer) == {"❤️": 26, "🔥": 2})
    events = viewer.named("live:reactions")
    assert len(events) < 10 and all("seq" not in event and event["at"] for event in events)
    assert all(len(event["recentReactions"]) <= 20 for event in events)
    latest = events[-1]["recentReactions"][-1]
    assert latest["userId"] == ana.id and latest["reaction"] == "🔥" and latest["timestamp"].endswith("Z")

    async def likes() -> bool:
        return bool((await shop.ask("GET", f"live/streams/{stream_id}"))["totalLikes"] == 26)

    await eventually_async(likes)
    async with shop.server.services.database.read() as transaction:
        rows = await transaction.session.scalars(select(LiveStreamReactionRow))
        kept = Counter({row.reaction_type: 0 for row in rows})
        for row in await transaction.session.scalars(select(LiveStreamReactionRow)):
            kept[row.reaction_type] += row.count
        viewers = await transaction.session.scalars(
            select(LiveStreamViewerRow.reactions_count).where(LiveStreamViewerRow.user_id == ana.id)
        )
        assert kept == {"❤️": 26, "🔥": 2} and list(viewers) == [28]
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"] == []


@pytest.mark.parametrize("reaction", ["👎", "", "<b>", "❤️❤️", 5, None, ["❤️"], {"a": 1}])
async def test_what_is_no_reaction_is_refused(shop: Shop, seller: Person, reaction: object) -> None:
    """case 6."""
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener(seller)
    answer = await listener.call("live:reaction", {"streamId": stream_id, "reaction": reaction})
    assert answer["ok"] is False and answer["error"]["code"] == "request.invalid"
    wish = {"message": reaction, "type": "reaction"}
    await shop.refused("request.invalid", "POST", f"live/streams/{stream_id}/messages", seller, json=wish)


async def test_who_may_not_write_may_not_react(shop: Shop, seller: Person) -> None:
    """case 4: the same authorisation as for a message."""
    stream_id = await shop.live_stream(seller)
    wish = {"streamId": stream_id, "reaction": "👍"}
    assert (await (await shop.listener()).call("live:reaction", wish))["error"]["code"] == "auth.required"
    ana = await shop.guest("Ana")
    listener = await shop.listener(ana)
    assert (await listener.call("live:reaction", wish))["ok"]
    timeout = {"userId": ana.id, "duration": 60}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/timeout", seller, json=timeout, status=201)
    assert (await listener.call("live:reaction", wish))["error"]["code"] == "chat.timed_out"
    hidden = await shop.live_stream(seller, isPrivate=True)
    answer = await listener.call("live:reaction", {"streamId": hidden, "reaction": "👍"})
    assert answer["error"]["code"] == "stream.private"
    over = await shop.live_stream(seller)
    await shop.ask("POST", f"live/streams/{over}/end", seller)
    answer = await listener.call("live:reaction", {"streamId": over, "reaction": "👍"})
    assert answer["error"]["code"] == "stream.over"


async def test_reactions_of_one_person_are_capped(tmp_path: Path) -> None:
    """case 12: over all their connections."""
    async with Shop(tmp_path / "data", reaction_rate_limit="5/10 seconds") as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        ana = await shop.guest("Ana")
        wish = {"streamId": stream_id, "reaction": "😍"}
        codes = []
        for _ in range(2):
            listener = await shop.listener(ana)
            for _ in range(4):
                answer = await listener.call("live:reaction", wish)
                codes.append(answer.get("error", {}).get("code"))
        assert codes == [None] * 5 + ["chat.rate_limited"] * 3
        assert (await (await shop.listener(await shop.guest())).call("live:reaction", wish))["ok"]


async def test_what_was_counted_is_kept_when_the_server_stops(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "data")
    async with shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        wish = {"message": "❤️", "type": "reaction"}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json=wish, status=202)
    async with shop:
        assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalLikes"] == 1


async def test_what_is_being_written_when_the_server_stops_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_writing, may_go_on, real = asyncio.Event(), asyncio.Event(), ReactionRepository.add_counts

    async def slowly(repository: ReactionRepository, *counts: Any) -> None:
        is_writing.set()
        await may_go_on.wait()
        await real(repository, *counts)

    shop = Shop(tmp_path / "data")
    async with shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        monkeypatch.setattr(ReactionRepository, "add_counts", slowly)
        wish = {"message": "❤️", "type": "reaction"}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json=wish, status=202)
        await is_writing.wait()
        closing = asyncio.create_task(shop.server.chat.reactions.close())
        await asyncio.sleep(0)
        may_go_on.set()
        await closing
        assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalLikes"] == 1


async def test_a_show_deleted_meanwhile_takes_no_reactions_of_others_with_it(shop: Shop, seller: Person) -> None:
    shows = [await shop.live_stream(seller), await shop.stream(seller), await shop.live_stream(seller)]
    gone = shows[1]
    ana = await shop.person()
    caller, reactions = await shop.server.services.accounts.caller(ana.token), shop.server.chat.reactions
    for stream_id in shows:
        await reactions.react(caller, stream_id, "❤️")
    await shop.ask("DELETE", f"live/streams/{gone}", seller, status=204)
    for stream_id in shows:
        await reactions.react(caller, stream_id, "❤️")
    await reactions.flush()
    for stream_id in (shows[0], shows[2]):
        assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalLikes"] == 2
