"""Texts that are commands elsewhere: shells, FFmpeg, headers, logs, SQL, HTML. Here they are texts."""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.media.ports import PublishRefusal
from tests.gshop_studio.server.shop import Person, Shop, eventually
from tests.gshop_studio.server.walk.scene import NOWHERE, scene_of

COMMANDS = (
    "$(touch {trace})", "`touch {trace}`", "; touch {trace} ;", "| touch {trace}", "&& touch {trace} #",
    "x -f lavfi -i testsrc {trace}", "-i concat:{trace}", "'; touch {trace}; '", '" -y {trace} "', "%n%n%s {trace}",
    "a\r\nSet-Cookie: a=b\r\n\r\n<script>", "\x1b[2J\x1b]0;owned\x07", "../../../../{trace}", "\u202eevil",
    "{{7*7}}${7*7}",
)  # fmt: skip
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"
SQL = (
    "'", "''", '"', "' OR '1'='1", "'; DROP TABLE users; --", "x' UNION SELECT password_hash FROM users --", "%' --",
    "1; SELECT pg_sleep(5)", "\\'; --", "${jndi:ldap://x}", ")) OR 1=1 --", "0x27", "\ufe63' OR 1=1",
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(COMMANDS)))
async def test_a_title_is_no_command(
    shop: Shop, seller: Person, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """case 38: through a whole show no process is started by a title, a name or a key, and no file is made."""
    trace = tmp_path / "trace"
    text = COMMANDS[number].replace("{trace}", str(trace))
    caplog.set_level(logging.INFO)

    def started(*args: Any, **_: Any) -> None:
        raise AssertionError(f"a process was started: {args}")

    monkeypatch.setattr(subprocess.Popen, "__init__", started)
    mug = await shop.product(seller, name=text, description=text, category=text[:60])
    stream_id = await shop.live_stream(seller, title=text, description=text, tags=[text[:40]], productIds=[mug])
    ana, path = await shop.guest(text[:40]), f"live/streams/{stream_id}"
    await shop.media.authority.media_started(stream_id)
    said = await shop.ask("POST", f"{path}/messages", ana, json={"message": text}, status=201)
    assert said["message"] == text.strip() and said["username"] == text[:40].strip()
    assert isinstance(await shop.media.authority.authorise_publish(text, "127.0.0.1"), PublishRefusal)
    await shop.ask("PUT", f"{path}/products/{mug}/highlight", seller)
    await shop.ask("POST", f"{path}/end", seller)
    stream = await shop.ask("GET", path)
    assert (stream["title"], stream["description"]) == (text.strip(), text.strip())
    assert stream["products"][0]["product"]["name"] == text.strip()
    for below in ("report?format=html", "chat-log", "chat-log.zip", "report"):
        response = await shop.send("GET", f"{path}/{below}", seller)
        assert response.is_success and "set-cookie" not in response.headers
        assert text not in str(response.headers)
    assert not trace.exists()
    assert text.strip() not in caplog.text and "\x1b" not in caplog.text


async def test_markup_is_text(shop: Shop) -> None:
    """case 1, from the server's side: kept as it was written, sent as JSON that is not sniffed, and inert in a page."""
    seller = await shop.person(Role.SELLER, MARKUP[:40])
    mug = await shop.product(seller, name=MARKUP, description=MARKUP)
    stream_id = await shop.live_stream(seller, title=MARKUP, productIds=[mug])
    path, viewer = f"live/streams/{stream_id}", await shop.listener()
    await viewer.join(stream_id)
    said = await shop.ask("POST", f"{path}/messages", seller, json={"message": MARKUP}, status=201)
    [heard] = await eventually(lambda: viewer.named("live:message"))
    assert said["message"] == heard["message"] == MARKUP
    await shop.ask("POST", f"{path}/end", seller)
    for below in ("", "/messages", "/products", "/report", "/chat-log"):
        response = await shop.send("GET", f"{path}{below}", seller)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "html" not in response.headers["content-type"]
    page = await shop.send("GET", f"{path}/report?format=html", seller)
    assert "<script" not in page.text and "<img" not in page.text and "script-src" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    missing = await shop.http.get(f"/{MARKUP}")
    assert missing.status_code == 404 and "<script" not in missing.text


async def test_sql_is_text_wherever_it_is_put(shop: Shop) -> None:
    """case 39: in what is searched, sorted, filtered, paged and named; what is there is there afterwards."""
    scene = await scene_of(shop)
    before = await shop.ask("GET", "products", scene.host)
    for text in SQL:
        for path, name in (
            ("products", "q"), ("products", "category"), ("products", "sellerId"), ("products", "limit"),
            ("live/streams", "status"), ("live/streams/active", "category"), ("live/streams/active", "tags"),
            ("live/streams/active", "sort"), (f"{scene.path}/messages", "before"), (f"{scene.path}/report", "timeZone"),
            (f"{scene.path}/report", "format"), (f"{scene.path}/moderation/log", "offset"), ("live/categories", "lang"),
        ):  # fmt: skip
            response = await shop.send("GET", path, scene.host, params={name: text})
            assert response.status_code in (200, 409, 422), (path, name, text, response.text)
            if response.status_code == 200 and path == "products":
                assert response.json()["total"] == 0, (name, text)
        for path in ("live/streams/{}", "products/{}", "sellers/{}", f"{scene.path}/products/{{}}/stats"):
            quoted = path.format(text.replace("%", "%25").replace("/", "%2F").replace(";", "%3B"))
            response = await shop.send("GET", quoted, scene.host)
            assert response.status_code == 404, (path, text, response.text)
        wish = {"message": text, "clientMessageId": text[:64]}
        await shop.ask("POST", f"{scene.path}/messages", scene.host, json=wish, status=201)
        await shop.refused("auth.bad_credentials", "POST", "auth/login", json={"email": text, "password": text})
        await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": text})
        await shop.refused(
            "user.not_found", "POST", f"{scene.path}/moderation/ban", scene.host, json={"userId": text[:64]}
        )
    assert await shop.ask("GET", "products", scene.host) == before
    lines = (await shop.send("GET", f"{scene.path}/chat-log", scene.host)).text.splitlines()
    assert len(lines) >= len(SQL) and all(json.loads(line) for line in lines)
    await shop.refused("stream.not_found", "GET", f"live/streams/{NOWHERE}")
