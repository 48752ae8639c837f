"""Hostile and broken publishers against the real socket: each is closed, and the server, and a show on air, go on."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gshop_studio.rtmp import PublishRefused, PublishStarted, flv
from tests.gshop_studio.server.media.footage import Tag, encode
from tests.gshop_studio.server.media.rtmp_client import Client, connected
from tests.gshop_studio.server.media.service import KEY, QUICK, STREAM_ID, Service, running, until

FOOTAGE = encode()
HANDSHAKE = b"\x03" + bytes(8) + b"x" * 1528


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """After each attack, a well-behaved publisher must still get its show on air."""
    async with running(QUICK) as service:
        yield service
        async with connected(service) as client:
            assert await client.publish(service, "other-key") == PublishStarted()
            await client.send(FOOTAGE)
            await service.listed(3, service.authority.streams_by_key["other-key"])


async def open_chunks(client: Client) -> None:
    """The handshake, by hand."""
    client.writer.write(HANDSHAKE)
    answer = await client.reader.readexactly(1 + 2 * 1536)
    client.writer.write(answer[1:1537])


def chunk(type_id: int, payload: bytes, *, stream: int = 3, timestamp: int = 0, length: int | None = None) -> bytes:
    """One message: a type 0 chunk and, as the default chunk size of 128 bytes asks, type 3 chunks."""
    head = struct.pack(">B", stream) + timestamp.to_bytes(3, "big")
    head += (len(payload) if length is None else length).to_bytes(3, "big") + bytes([type_id]) + struct.pack("<I", 0)
    pieces = [payload[at : at + 128] for at in range(0, len(payload), 128)] or [b""]
    return head + bytes([0xC0 | stream]).join(pieces)


def text(value: str) -> bytes:
    data = value.encode()
    return b"\x02" + struct.pack(">H", len(data)) + data


def number(value: float) -> bytes:
    return b"\x00" + struct.pack(">d", value)


CONNECT = chunk(20, text("connect") + number(1) + b"\x03\0\x03app" + text("live") + b"\0\0\x09")
PUBLISH = text("publish") + number(5) + b"\x05"
GARBAGE = {
    "case 46: wrong version": b"\x06" + os.urandom(1536),
    "case 46: random bytes": os.urandom(5000),
    "case 46: http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100,
    "case 46: tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(2000),
}
AFTER_HANDSHAKE = {
    "case 48: a message of 16 MB": chunk(20, b"", length=0xFFFFFF),
    "case 48: media above the cap": CONNECT + chunk(9, b"\x17", length=0xFFFFFF),
    "case 49: chunk size 0": chunk(1, struct.pack(">I", 0), stream=2),
    "case 49: chunk size 1": chunk(1, struct.pack(">I", 1), stream=2),
    "case 49: chunk size 2**31": chunk(1, struct.pack(">I", 1 << 31), stream=2) + chunk(20, b"x" * 10),
    "case 50: a type 3 chunk first": b"\xc5" + b"x" * 200,
    "case 50: a type 1 chunk first": b"\x45" + b"\0\0\0\0\0\x10\x14" + b"x" * 200,
    "case 50: a type 0 chunk in mid-message": chunk(20, b"x" * 128, length=5000) * 50,
    "case 52: deep AMF": chunk(20, text("connect") + number(1) + b"\x03\0\x01a" * 4000),
    "case 52: a huge count": chunk(20, text("connect") + number(1) + b"\x0a\xff\xff\xff\xff"),
    "case 52: a string cut short": chunk(20, b"\x02\xff\xffconnect"),
    "case 53: an application that is a number": chunk(20, text("connect") + number(1) + b"\x03\0\x03app" + number(1)),
    "case 57: publish before connect": chunk(20, PUBLISH + text(KEY)),
    "media before connect": chunk(9, b"\x17\x01\0\0\0" + b"x" * 100),
    "random bytes after the handshake": os.urandom(20_000),
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_instead_of_a_handshake_is_closed(service: Service, data: bytes) -> None:
    """Case 46."""
    async with connected(service) as client:
        client.writer.write(data)
        await client.closed_by_server()


@pytest.mark.parametrize("cut", [0, 1, 2, 700, 1536, 1537, 3000])
async def test_a_handshake_that_ends_halfway_is_let_go(service: Service, cut: int) -> None:
    """Case 46: truncated C0, C1, C2; the peer goes away."""
    async with connected(service) as client:
        client.writer.write((HANDSHAKE + bytes(1536))[:cut])
        client.writer.write_eof()
        await client.closed_by_server()


@pytest.mark.parametrize("data", AFTER_HANDSHAKE.values(), ids=AFTER_HANDSHAKE.keys())
async def test_broken_chunks_and_commands_are_closed(service: Service, data: bytes) -> None:
    """Cases 48, 49, 50, 52, 53, 57: refused at once or, where more might follow, at the deadline."""
    async with connected(service) as client:
        await open_chunks(client)
        client.writer.write(data)
        await client.closed_by_server()


async def test_many_partial_messages_are_closed(service: Service) -> None:
    """Case 51."""
    async with connected(service) as client:
        await open_chunks(client)
        client.writer.write(CONNECT)
        for stream in range(4, 64):
            client.writer.write(chunk(20, b"x" * 128, stream=stream, length=60_000))
        await client.closed_by_server()


@pytest.mark.parametrize(
    "name",
    [b"\x01\x00", number(7), text("k" * 300), text(""), b"\x05"],
    ids=["false", "number", "long", "empty", "null"],
)
async def test_a_strange_stream_name_gets_an_error(service: Service, name: bytes) -> None:
    """Case 53."""
    async with connected(service) as client:
        await open_chunks(client)
        client.writer.write(CONNECT + chunk(20, PUBLISH + name))
        answers = await client.closed_by_server()
        assert b"NetStream.Publish.BadName" in answers
        assert service.authority.asked == 0


@pytest.mark.parametrize("head", [b"", b"\x03", HANDSHAKE], ids=["nothing", "one byte", "no connect"])
async def test_a_mute_peer_is_closed_at_the_handshake_deadline(service: Service, head: bytes) -> None:
    """Case 47: a half-open connection."""
    async with connected(service) as client:
        client.writer.write(head)
        began = time.monotonic()
        await client.closed_by_server()
        assert 0.5 < time.monotonic() - began < 6


async def test_a_drip_of_bytes_does_not_move_the_deadline(service: Service) -> None:
    """Case 47: slowloris."""
    async with connected(service) as client:

        async def drip() -> None:
            for byte in HANDSHAKE:
                client.writer.write(bytes([byte]))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        began = time.monotonic()
        await client.closed_by_server()
        assert time.monotonic() - began < 6
        dripping.cancel()


async def test_idle_after_connect_is_closed(service: Service) -> None:
    """Case 47."""
    async with connected(service) as client:
        await open_chunks(client)
        client.writer.write(CONNECT)
        began = time.monotonic()
        assert b"NetConnection.Connect.Success" in await client.closed_by_server()
        assert 0.5 < time.monotonic() - began < 6


async def test_pings_are_no_media(service: Service) -> None:
    """Case 47: idle while publishing, though bytes come."""
    async with connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE)
        await service.told(("started", STREAM_ID))
        assert client.rtmp is not None
        began = time.monotonic()

        async def ping() -> None:
            assert client.rtmp is not None
            for stamp in range(1000):
                client.rtmp.send_ping(stamp)
                await client.flush()
                await asyncio.sleep(0.1)

        pinging = asyncio.create_task(ping())
        await client.closed_by_server()
        assert 1 < time.monotonic() - began < 8
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)
        await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))


@pytest.mark.parametrize(
    "body",
    [
        flv.build_avc_config(b"\x01\x64"),
        flv.build_avc_config(b"\0" * 60),
        flv.build_avc_frame(b"\0\0\0\0", is_keyframe=True, composition_ms=0),
        flv.build_avc_frame(b"\xff\xff\xff\xffabcd", is_keyframe=False, composition_ms=0),
        b"\x12\x01\0\0\0abc",  # Sorenson H.263
        b"\x9chvc1" + b"x" * 50,  # HEVC by enhanced RTMP
        b"\x17",
    ],
    ids=["cut config", "zero config", "zero-length NAL", "long NAL", "another codec", "hevc", "one byte"],
)
async def test_broken_pictures_drop_that_stream_only(service: Service, body: bytes) -> None:
    """Case 55: what was good of it can still be watched; another show is not touched (see the fixture)."""
    async with connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE)
        await service.told(("started", STREAM_ID))
        assert client.rtmp is not None
        client.rtmp.send_video(4000, body)
        await client.flush()
        await client.closed_by_server()
    await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
    assert await service.playlist() is not None


@pytest.mark.parametrize(
    "body",
    [flv.build_aac_config(b""), flv.build_aac_config(b"\xff\xff\xff"), b"\x2f\x01abc", b"\xaf"],
    ids=["empty config", "bad config", "mp3", "one byte"],
)
async def test_broken_sound_drops_that_stream_only(service: Service, body: bytes) -> None:
    """Case 55."""
    async with connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE)
        assert client.rtmp is not None
        client.rtmp.send_audio(4000, body)
        await client.flush()
        await client.closed_by_server()
    await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))


async def test_time_stamps_that_wrap_are_followed(service: Service) -> None:
    """Case 54: across 2**32 and with the extended field."""
    async with connected(service) as client:
        await client.publish(service)
        await client.send([Tag(one.timestamp_ms + 2**32 - 2000, one.tag) for one in FOOTAGE])
        playlist = await service.listed(3)
        assert not any(segment.is_discontinuity for segment in playlist.segments)
        assert [segment.duration_s for segment in playlist.segments] == pytest.approx([1, 1, 1], abs=0.05)


async def test_a_flood_is_read_no_faster_than_it_is_consumed(service: Service) -> None:
    """Case 56: 10 minutes of media at once; the sender is held back, the memory bounded."""
    async with connected(service) as client:
        await client.publish(service)
        sent = 0

        async def flood() -> None:
            nonlocal sent
            await client.send(FOOTAGE[:2])
            for round_number in range(150):
                await client.send(Tag(one.timestamp_ms + round_number * 4000, one.tag) for one in FOOTAGE[2:])
                sent += 1

        flooding = asyncio.create_task(flood())
        await service.listed(12)

        async def is_held_back() -> bool:
            before = sent
            await asyncio.sleep(0.5)
            return sent == before

        await until(is_held_back, what="back-pressure")
        assert sent < 150
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)


async def test_a_peer_that_does_not_read_is_let_go(service: Service) -> None:
    """Case 56, the other way round: our answers do not pile up."""
    async with connected(service) as client:
        await open_chunks(client)
        client.writer.write(CONNECT)
        client.writer.transport.get_extra_info("socket").setsockopt(6, 10, 1)  # a small window
        ping = struct.pack(">HI", 6, 1)

        async def never_read() -> None:
            while True:
                client.writer.write(chunk(4, ping, stream=2) * 1000)
                await client.writer.drain()

        with pytest.raises((ConnectionError, TimeoutError)):
            await asyncio.wait_for(never_read(), 10)


async def test_connections_an_address_are_limited() -> None:
    """Case 47: many half-open connections."""
    async with running(replace(QUICK, max_connections_per_address=3)) as service:
        async with connected(service) as a, connected(service) as b, connected(service) as c:
            async with connected(service) as one_too_many:
                assert await one_too_many.closed_by_server(2) == b""
            for client in (a, b, c):
                await client.closed_by_server()

        async def is_welcome() -> bool:
            async with connected(service) as client:
                try:
                    return await client.publish(service) == PublishStarted()
                except ConnectionError:
                    return False

        await until(is_welcome)


async def test_a_second_publish_on_one_connection_is_refused(service: Service) -> None:
    """Case 57."""
    async with connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE[:60])
        client.writer.write(chunk(20, PUBLISH + text("other-key"), stream=8))
        await client.writer.drain()
        await asyncio.sleep(0.2)
        assert service.authority.asked == 1


async def test_a_wrong_application_is_refused(service: Service) -> None:
    """Case 57."""
    async with connected(service) as client:
        answer = await client.publish(service, app="admin")
        assert isinstance(answer, PublishRefused)
        assert service.authority.asked == 0
