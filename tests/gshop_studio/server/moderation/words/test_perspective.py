"""The adapter for Perspective-compatible servers, against a real HTTP server that follows the documented contract."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gshop_studio.server.moderation.words.perspective import PerspectiveScorer
from gshop_studio.server.moderation.words.toxicity import Scores

KEY = "canary-key-7f3a"
TEXT = "canary text of a viewer"


class Stub:
    """Answers `comments:analyze` as Google documents it, or as the test says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, str, bytes]] = self.scores
        self.delay_s = 0.0
        self.url = ""

    def scores(self, wish: dict[str, Any]) -> tuple[int, str, bytes]:
        value = {"TOXICITY": 0.91, "SEVERE_TOXICITY": 0.4, "SPAM": 0.2}
        attributes = {
            name: {
                "spanScores": [{"begin": 0, "end": 5, "score": {"value": value[name], "type": "PROBABILITY"}}],
                "summaryScore": {"value": value[name], "type": "PROBABILITY"},
            }
            for name in wish["requestedAttributes"]
        }
        body = {"attributeScores": attributes, "languages": wish["languages"], "detectedLanguages": ["en"]}
        return 200, "", json.dumps(body).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                method, target, _ = lines[0].split(" ")
                wish = json.loads(body) if body else {}
                self.requests.append({"method": method, "target": target, "headers": fields, "body": wish})
                await asyncio.sleep(self.delay_s)
                status, headers, content = self.answer(wish)
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{headers}content-length: {len(content)}\r\n\r\n".encode() + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class Local:
    """What answers instead."""

    def __init__(self) -> None:
        self.count = 0

    async def score(self, text: str, language: str) -> Scores:
        self.count += 1
        return Scores(toxicity=0.1)

    async def close(self) -> None: ...


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def running(stub: Stub) -> AsyncIterator[Stub]:
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with running(Stub()) as started:
        yield started


@asynccontextmanager
async def scorer_of(
    stub: Stub, clock: Clock | None = None, **kwargs: Any
) -> AsyncIterator[tuple[PerspectiveScorer, Local]]:
    local = Local()
    kwargs.setdefault("timeout_s", 5.0)
    scorer = PerspectiveScorer(stub.url, KEY, local, monotonic_s=clock or Clock(), **kwargs)
    try:
        yield scorer, local
    finally:
        await scorer.close()


async def test_it_asks_as_documented_and_reads_the_summary_scores(stub: Stub) -> None:
    async with scorer_of(stub) as (scorer, local):
        assert await scorer.score(TEXT, "en") == Scores(toxicity=0.91, severe_toxicity=0.4, spam=0.2)
    [request] = stub.requests
    target = urlsplit(request["target"])
    assert (request["method"], target.path) == ("POST", "/v1alpha1/comments:analyze")
    assert parse_qs(target.query) == {"key": [KEY]}
    assert request["headers"]["content-type"] == "application/json"
    assert request["body"] == {
        "comment": {"text": TEXT, "type": "PLAIN_TEXT"},
        "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {}, "SEVERE_TOXICITY": {}, "SPAM": {}},
        "doNotStore": True,
    }
    assert local.count == 0


async def test_spam_is_asked_for_in_english_alone(stub: Stub) -> None:
    async with scorer_of(stub) as (scorer, _):
        assert (await scorer.score(TEXT, "pt")).spam == 0.0
    assert set(stub.requests[0]["body"]["requestedAttributes"]) == {"TOXICITY", "SEVERE_TOXICITY"}


@pytest.mark.parametrize(
    "answer",
    [
        (500, "", b""),
        (400, "", b'{"error": {"code": 400, "message": "API key not valid"}}'),
        (429, "", b"{}"),
        (200, "", b"not json"),
        (200, "", b"[]"),
        (200, "", b"{}"),
        (200, "", b'{"attributeScores": {"TOXICITY": {"summaryScore": {"value": "high"}}}}'),
        (200, "", b'{"attributeScores": {"TOXICITY": {"summaryScore": {"value": 7}}}}'),
        (200, "", b'{"attributeScores": {"TOXICITY": {"summaryScore": {"value": true}}}}'),
        (200, "", b"[" * 60_000),
        (200, "", b" " * 1_000_000),
    ],
)
async def test_whatever_it_answers_instead_the_local_scorer_answers(stub: Stub, answer: tuple[int, str, bytes]) -> None:
    stub.answer = lambda _: answer
    async with scorer_of(stub) as (scorer, local):
        assert await scorer.score(TEXT, "en") == Scores(toxicity=0.1)
        assert local.count == 1 and scorer.failed_count == 1


def _redirect(status: int, target: str, _: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, f"location: {target}\r\n", b""


async def test_a_redirect_is_not_followed(stub: Stub) -> None:
    """Case 36: neither to another host, which would be handed the text and the key, nor to the same."""
    async with running(Stub()) as other:
        for status in (301, 302, 307, 308):
            for target in (other.url, f"{stub.url}/elsewhere", "//example.com/"):
                stub.answer = partial(_redirect, status, target)
                async with scorer_of(stub) as (scorer, local):
                    await scorer.score(TEXT, "en")
                    assert local.count == 1
        assert other.requests == []
    assert all(urlsplit(request["target"]).path == "/v1alpha1/comments:analyze" for request in stub.requests)


async def test_one_that_is_slow_is_not_waited_for_and_left_alone_a_while(stub: Stub) -> None:
    stub.delay_s = 30.0
    clock = Clock()
    async with scorer_of(stub, clock, timeout_s=0.1) as (scorer, local):
        await scorer.score(TEXT, "en")
        asked = len(stub.requests)
        for _ in range(3):
            await scorer.score(TEXT, "en")
        assert (asked, len(stub.requests), local.count) == (1, 1, 4)
        assert scorer.is_broken
        clock.now_s += 29.9
        await scorer.score(TEXT, "en")
        assert len(stub.requests) == 1
        stub.delay_s = 0.0
        clock.now_s += 0.2
        scorer_is_back = PerspectiveScorer(stub.url, KEY, local, timeout_s=5.0, monotonic_s=clock)
        assert (await scorer_is_back.score(TEXT, "en")).toxicity == 0.91
        await scorer_is_back.close()


async def test_after_the_pause_it_is_asked_again(stub: Stub) -> None:
    clock = Clock()
    stub.answer = lambda _: (503, "", b"")
    async with scorer_of(stub, clock) as (scorer, local):
        await scorer.score(TEXT, "en")
        stub.answer = stub.scores
        clock.now_s += 30.1
        assert (await scorer.score(TEXT, "en")).toxicity == 0.91
        assert not scorer.is_broken and local.count == 1


async def test_one_that_is_not_there_is_like_one_that_does_not_answer() -> None:
    stub = Stub()
    async with running(stub):
        pass
    async with scorer_of(stub) as (scorer, local):
        assert await scorer.score(TEXT, "en") == Scores(toxicity=0.1)
        assert local.count == 1


async def test_neither_key_nor_text_is_logged(stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    """Case 44."""
    caplog.set_level(logging.DEBUG)
    async with scorer_of(stub) as (scorer, _):
        await scorer.score(TEXT, "en")
    stub.answer = lambda _: (403, "", b"")
    async with scorer_of(stub) as (scorer, _):
        await scorer.score(TEXT, "en")
        assert KEY not in repr(scorer)
    assert "does not answer (status 403)" in caplog.text
    assert KEY not in caplog.text and TEXT not in caplog.text


async def test_the_environments_proxies_are_not_used(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with scorer_of(stub) as (scorer, local):
        assert (await scorer.score(TEXT, "en")).toxicity == 0.91
        assert local.count == 0


async def test_a_text_it_cannot_judge_is_judged_here_and_the_next_is_asked_for(stub: Stub) -> None:
    refusal = b'{"error": {"code": 400, "message": "Attribute TOXICITY does not support request languages: und"}}'
    stub.answer = lambda _: (400, "", refusal)
    async with scorer_of(stub) as (scorer, local):
        assert await scorer.score("...", "en") == Scores(toxicity=0.1)
        assert not scorer.is_broken and scorer.failed_count == 1
        stub.answer = stub.scores
        assert (await scorer.score(TEXT, "en")).toxicity == 0.91 and local.count == 1


async def test_a_wrong_key_is_no_matter_of_the_text(stub: Stub) -> None:
    stub.answer = lambda _: (400, "", b'{"error": {"code": 400, "message": "API key not valid"}}')
    async with scorer_of(stub) as (scorer, _):
        await scorer.score(TEXT, "en")
        assert scorer.is_broken
