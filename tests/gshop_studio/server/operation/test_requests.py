"""Requests seen from outside: their ids, the access log, metrics, readiness."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gshop_studio.contract.rest import Role
from gshop_studio.fault_texts import tell
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.operation.metrics_port import MetricsPort
from gshop_studio.server.start_failed import StartFailed
from tests.gshop_studio.server.shop import Shop, eventually, eventually_async

TOKEN = "a token for Prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def samples(shop: Shop) -> dict[tuple[str, str], float]:
    """What is told, by the sample's name and the values of its labels."""
    response = await shop.http.get("/metrics", headers=BEARER)
    assert response.status_code == 200
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, " ".join(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_every_answer_carries_the_requests_id(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data") as shop:
        given = await shop.http.get("/health", headers={"X-Request-Id": "from-the-proxy-1"})
        assert given.headers["x-request-id"] == "from-the-proxy-1"
        made = [(await shop.http.get(path)).headers["x-request-id"] for path in ("/health", "/api/v1/nope", "/nope")]
        assert len(set(made)) == 3 and all(len(request_id) == 16 for request_id in made)


async def test_the_access_log_has_the_route_and_not_the_path(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """case 44: what was pasted into an address is not in the log."""
    async with Shop(tmp_path / "data", access_log=True) as shop:
        with caplog.at_level(logging.INFO):
            await shop.http.get("/api/v1/live/streams/sk_CANARY?token=CANARY")
            await shop.http.get("/CANARY")
            await shop.http.get("/live/CANARY/index.m3u8")
            await shop.http.post("/graphql", json={"query": "{ __typename }"})
            for path in ("/openapi.json", "/docs", "/asyncapi.json"):
                await shop.http.get(path)
        ours = [record for record in caplog.records if record.name.startswith("gshop_studio")]
        lines = [record.getMessage() for record in ours if record.name.endswith("request_watch")]
    assert [line.rpartition(" in ")[0] for line in lines] == [
        "GET /api/v1/live/streams/{stream_id} 404", "GET unmatched 404", "GET /live/{file}.m3u8 200",
        "POST /graphql 200", "GET /openapi.json 200", "GET /docs 200", "GET /asyncapi.json 200",
    ]  # fmt: skip
    assert "CANARY" not in str([record.getMessage() for record in ours])


async def test_a_fault_is_logged_under_the_id_that_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from gshop_studio.server.operation import request_ids

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    noted: list[str | None] = []
    async with Shop(tmp_path / "data") as shop:
        monkeypatch.setattr(type(shop.server.services.streams), "get", broken)

        def note(_: logging.LogRecord) -> bool:
            noted.append(request_ids.current())
            return True

        with caplog.filtering(note):  # type: ignore[arg-type] # a function is a filter, too
            response = await shop.http.get("/api/v1/live/streams/x", headers={"X-Request-Id": "found-again"})
            assert response.status_code == 500 and response.headers["x-request-id"] == "found-again"
            await eventually(lambda: "found-again" in noted)


async def test_what_happens_is_counted(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data", metrics_token=TOKEN) as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        listener = await shop.listener(await shop.guest())
        await listener.join(stream_id)
        assert (await listener.call("live:message", {"streamId": stream_id, "message": "hi"}))["ok"]
        assert not (await listener.call("live:message", {"streamId": stream_id, "message": ""}))["ok"]
        await shop.refused("stream.not_found", "GET", "live/streams/nope")
        await eventually(lambda: listener.named("live:message"))
        told = await samples(shop)
        assert told["gshop_http_requests_total", "GET /api/v1/live/streams/{stream_id} 4xx"] == 1
        assert told["gshop_http_request_seconds_count", "POST /api/v1/live/streams/{stream_id}/start"] == 1
        assert told["gshop_refusals_total", "stream.not_found"] == 1
        assert told["gshop_refusals_total", "request.invalid"] == 1
        assert told["gshop_sockets_connected", ""] == 1
        assert told["gshop_viewers", ""] == told["gshop_viewers_of_largest_show", ""] == 1
        assert told["gshop_chat_group_messages_sum", ""] == 1
        assert told["gshop_deliveries_total", ""] >= 1
        assert told["gshop_database_transaction_seconds_count", "write"] > 3
        assert told["process_resident_memory_bytes", ""] > 1e6
        assert told["gshop_disk_free_bytes", "data"] > 0

        async def is_live_counted() -> bool:
            await shop.server.operation._shows.count()
            return (await samples(shop))["gshop_shows_live", ""] == 1

        await eventually_async(is_live_counted)
        assert not any(stream_id in labels for _, labels in await samples(shop)), "no label is an id"


async def test_how_often_a_kept_answer_will_do_is_counted(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data", metrics_token=TOKEN) as shop:
        for _ in range(3):
            await shop.ask("GET", "live/streams/active")
        told = await samples(shop)
    assert (told["gshop_cache_hits_total", ""], told["gshop_cache_misses_total", ""]) == (2, 1)


async def test_metrics_are_for_who_has_the_token(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data", metrics_token=TOKEN) as shop:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
            response = await shop.http.get(
                "/metrics", headers={name.encode(): value.encode() for name, value in headers.items()}
            )
            assert response.status_code == 401, headers
        assert (await shop.http.get(f"/metrics?token={TOKEN}")).status_code == 401
        opened = await shop.http.get("/metrics", headers={**BEARER, "Accept": "application/openmetrics-text"})
        assert opened.text.endswith("# EOF\n")
    async with Shop(tmp_path / "other") as shop:
        assert (await shop.http.get("/metrics", headers=BEARER)).status_code == 404


async def test_metrics_on_a_port_of_their_own() -> None:
    metrics = Metrics()
    port = MetricsPort(metrics, "127.0.0.1", 0)
    await port.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port.port}") as http:
            assert "gshop_server_info" in (await http.get("/metrics")).text
            assert (await http.get("/")).status_code == 404
            assert (await http.post("/metrics")).status_code == 404
        with pytest.raises(StartFailed) as caught:
            await MetricsPort(metrics, "127.0.0.1", port.port).start()
        assert f"Port {port.port} is taken" in tell(caught.value.fault, "en")
    finally:
        await port.stop()


async def test_alive_and_ready(shop: Shop) -> None:
    assert (await shop.http.get("/health")).json()["status"] == "ok"
    cache = "ok" if shop.config.redis_url else "unused"
    ready = await shop.http.get("/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "database": "ok", "cache": cache, "media": "ok"}


async def test_not_ready_when_the_database_fails_or_it_stops(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> bool:
        return False

    checks = shop.server.operation.readiness._checks
    with monkeypatch.context() as patch:
        patch.setitem(checks, "database", away)
        response = await shop.http.get("/ready")
        assert response.status_code == 503
        assert response.json()["status"] == "unready" and response.json()["database"] == "failed"
    assert (await shop.http.get("/ready")).json()["status"] == "ready"
    shop.server.operation.stop()
    stopping = await shop.http.get("/ready")
    assert stopping.status_code == 503 and stopping.json()["database"] == "ok"
    assert (await shop.http.get("/health")).status_code == 200


async def test_what_it_can_do_without_takes_it_out_of_no_balancer(shop: Shop) -> None:
    shop.media.is_open = False
    response = await shop.http.get("/ready")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded" and response.json()["media"] == "failed"
    metrics = shop.server.operation.metrics
    assert metrics.value("gshop_component_ok", {"component": "media"}) == 0
    assert metrics.value("gshop_component_ok", {"component": "database"}) == 1


async def test_what_does_not_answer_in_time_has_failed() -> None:
    import asyncio

    from gshop_studio.server.operation import readiness

    async def hanging() -> bool:
        await asyncio.Event().wait()
        return True

    async def fine() -> bool:
        return True

    patience = readiness.CHECK_S
    readiness.CHECK_S = 0.05
    try:
        states = await readiness.Readiness({"database": hanging, "cache": None, "media": fine}).ask()
    finally:
        readiness.CHECK_S = patience
    assert states == {"database": "failed", "cache": "unused", "media": "ok"}
