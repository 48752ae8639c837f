"""A show's life: started, fed, held, ended; across a restart too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from gshop_studio.server.media.ports import PublishGrant, PublishRefusal, RefusalReason
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def status_of(shop: Shop, stream_id: str) -> tuple[str, bool]:
    stream = await shop.ask("GET", f"live/streams/{stream_id}")
    return stream["status"], stream["isReceiving"]


async def reaches(shop: Shop, stream_id: str, status: str) -> None:
    async def is_there() -> bool:
        return (await status_of(shop, stream_id))[0] == status

    await eventually_async(is_there, status)


async def test_start_hands_out_where_to_publish_and_again_the_same(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller)
    first = await shop.ask("POST", f"live/streams/{stream_id}/start", seller)
    assert first == {
        "streamId": stream_id,
        "rtmpIngestUrl": "rtmp://127.0.0.1:19350/live",
        "streamKey": first["streamKey"],
        "hlsPlaybackUrl": f"{shop.url}/live/{stream_id}/index.m3u8",
        "status": "live",
    }
    assert len(first["streamKey"]) >= 32
    assert await shop.ask("POST", f"live/streams/{stream_id}/start", seller) == first
    ingest = await shop.ask("GET", f"live/streams/{stream_id}/ingest", seller)
    assert ingest == {"rtmpIngestUrl": first["rtmpIngestUrl"], "streamKey": first["streamKey"]}


async def test_an_ended_show_stays_ended(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller)
    assert await shop.refused("stream.not_live", "POST", f"live/streams/{stream_id}/end", seller) == 409
    await shop.ask("POST", f"live/streams/{stream_id}/start", seller)
    assert await shop.ask("POST", f"live/streams/{stream_id}/end", seller) == {"status": "ended"}
    assert await shop.ask("POST", f"live/streams/{stream_id}/end", seller) == {"status": "ended"}
    assert shop.media.ended == [stream_id]
    assert await shop.refused("stream.over", "POST", f"live/streams/{stream_id}/start", seller) == 409
    assert "streamKey" not in await shop.ask("GET", f"live/streams/{stream_id}/ingest", seller)


async def test_a_key_opens_its_live_show_and_no_other(shop: Shop, seller: Person) -> None:
    """case 57, the server's half: wrong and old keys, shows not started and shows over."""
    stream_id = await shop.stream(seller)
    key = (await shop.ask("POST", f"live/streams/{stream_id}/start", seller))["streamKey"]
    ask = shop.media.authority.authorise_publish
    assert await ask(key, "127.0.0.1") == PublishGrant(stream_id)
    for wrong in ("", "sk_wrong", key[:-1], key + "x", stream_id, key.swapcase()):
        assert await ask(wrong, "127.0.0.1") == PublishRefusal(RefusalReason.WRONG_KEY)
    new = (await shop.ask("POST", f"live/streams/{stream_id}/ingest/rotate", seller))["streamKey"]
    assert new != key
    assert await ask(key, "127.0.0.1") == PublishRefusal(RefusalReason.WRONG_KEY)
    assert await ask(new, "127.0.0.1") == PublishGrant(stream_id)
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await ask(new, "127.0.0.1") == PublishRefusal(RefusalReason.NOT_LIVE)


async def test_the_key_lies_encrypted_on_disk(shop: Shop, seller: Person) -> None:
    """case 44: neither database nor log of writes holds it readable."""
    stream_id = await shop.stream(seller)
    key = (await shop.ask("POST", f"live/streams/{stream_id}/start", seller))["streamKey"]
    for path in shop.config.data_dir.glob("gshop.db*"):
        assert key.encode() not in path.read_bytes()


async def test_media_comes_goes_and_comes_back_in_the_same_show(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener()
    await listener.join(stream_id)
    await shop.media.authority.media_started(stream_id)
    assert await status_of(shop, stream_id) == ("live", True)
    await shop.media.authority.media_stopped(stream_id)
    assert await status_of(shop, stream_id) == ("live", False)
    assert (await shop.ask("GET", "live/streams/active"))["total"] == 1, "a held show is still shown"
    await shop.media.authority.media_started(stream_id)
    assert await status_of(shop, stream_id) == ("live", True)
    replay = await listener.call("live:resume", {"streamId": stream_id, "afterSeq": 1})
    assert [event["event"] for event in replay["events"]] == [
        "live:stream:receiving",
        "live:stream:interrupted",
        "live:stream:receiving",
    ]
    interrupted = replay["events"][1]["data"]
    assert interrupted["heldUntil"] - interrupted["at"] == pytest.approx(60_000, abs=50)
    assert shop.server.operation.metrics.value("gshop_show_interruptions_total") == 1


async def test_shows_that_wait_for_their_first_media_are_counted_apart(shop: Shop, seller: Person) -> None:
    held, receiving, _ = [await shop.live_stream(seller) for _ in range(3)]
    for stream_id in (held, receiving):
        await shop.media.authority.media_started(stream_id)
    await shop.media.authority.media_stopped(held)
    await shop.server.operation._shows.count()
    names = ("live", "receiving", "waiting")
    assert [shop.server.operation.metrics.value(f"gshop_shows_{name}") for name in names] == [3, 1, 1]


async def test_a_show_whose_media_stays_away_ends(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage, media_lost_hold_s=0.2) as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        listener = await shop.listener()
        await listener.join(stream_id)
        await shop.media.authority.media_started(stream_id)
        await shop.media.authority.media_stopped(stream_id)
        await reaches(shop, stream_id, "ended")
        assert shop.media.ended == [stream_id]
        [event] = (await listener.call("live:resume", {"streamId": stream_id, "afterSeq": 3}))["events"]
        assert event["event"] == "live:stream:ended"
        assert event["data"].keys() == {
            "streamId", "duration", "totalViews", "peakViewers", "totalPurchases", "seq", "at"
        }  # fmt: skip
        assert event["data"]["totalViews"] == 1


@pytest.mark.parametrize(("fields", "status"), [({}, "ended"), ({"scheduledAt": "2030-01-01T00:00:00Z"}, "scheduled")])
async def test_a_show_that_never_sends_is_given_up(
    tmp_path: Path, storage: dict[str, Any], fields: dict[str, Any], status: str
) -> None:
    async with Shop(tmp_path / "data", **storage, no_media_after_start_s=0.2) as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller, **fields)
        key = (await shop.ask("GET", f"live/streams/{stream_id}/ingest", seller)).get("streamKey", "")
        await reaches(shop, stream_id, status)
        if status == "scheduled":
            again = await shop.ask("POST", f"live/streams/{stream_id}/start", seller)
            assert again["streamKey"] != key, "a new start has a new key"


async def test_media_in_time_keeps_the_show(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage, no_media_after_start_s=1.0, media_lost_hold_s=1.0) as shop:
        seller = await shop.person(Role.SELLER)
        kept = await shop.live_stream(seller)
        await shop.media.authority.media_started(kept)
        await shop.media.authority.media_stopped(kept)
        await shop.media.authority.media_started(kept)
        given_up = await shop.live_stream(seller)
        await reaches(shop, given_up, "ended")
        assert await status_of(shop, kept) == ("live", True)


@pytest.mark.parametrize("has_media", [True, False])
async def test_a_clock_set_back_keeps_no_show_waiting(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch, has_media: bool
) -> None:
    """case 59: neither the timer at hand nor one set anew waits the hour that the clock lost."""
    async with Shop(tmp_path / "data", **storage, no_media_after_start_s=0.3, media_lost_hold_s=0.3) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        if has_media:
            await shop.media.authority.media_started(stream_id)
            await shop.media.authority.media_stopped(stream_id)
        life = shop.server.services.life
        monkeypatch.setattr(life, "_clock", lambda: utc_now() - timedelta(hours=1))
        life._timers.cancel(stream_id)
        await life.adopt_timers()
        await reaches(shop, stream_id, "ended")
        viewer = await shop.listener()
        await viewer.join(stream_id)
        events = (await viewer.call("live:resume", {"streamId": stream_id, "afterSeq": 0}))["events"]
        assert events[-1]["event"] == "live:stream:ended" and events[-1]["data"]["duration"] >= 0


async def test_after_a_restart_a_show_is_held_anew(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 65, the server's half: the show is there again, with the same key, and waits for its media."""
    shop = Shop(tmp_path / "data", **storage)
    await shop.open()
    seller = await shop.person(Role.SELLER)
    stream_id = await shop.live_stream(seller)
    key = (await shop.ask("GET", f"live/streams/{stream_id}/ingest", seller))["streamKey"]
    await shop.media.authority.media_started(stream_id)
    await shop.close()
    await shop.open()
    assert await status_of(shop, stream_id) == ("live", False)
    assert await shop.media.authority.authorise_publish(key, "127.0.0.1") == PublishGrant(stream_id)
    await shop.media.authority.media_started(stream_id)
    assert await status_of(shop, stream_id) == ("live", True)
    await shop.media.authority.media_stopped(stream_id)
    await shop.close()
    shop = Shop(tmp_path / "data", **storage, media_lost_hold_s=0.2)
    await shop.open()
    await reaches(shop, stream_id, "ended")
    await shop.close()
