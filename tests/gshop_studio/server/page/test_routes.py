"""The page over HTTP: a real server on a real socket, because a test client would tidy the paths it is given."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from gshop_studio.server.page.headers import content_security_policy
from gshop_studio.server.page.routes import router


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = FastAPI()
    app.include_router(router)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def client(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/watch/0193-any"])
def test_pages_come_with_a_strict_policy(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "https:" not in policy and "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.head(path).status_code == 200


def test_the_pages_hold_nothing_inline(client: httpx.Client) -> None:
    for path in ("/", "/watch/x"):
        html = client.get(path).text
        assert "<style" not in html and " style=" not in html and " onclick" not in html
        assert html.count("<script") == html.count('<script type="module" src="/assets/')


@pytest.mark.parametrize("host", ["evil.test; script-src *", "a b", "x'y", "a,b", ""])
def test_a_host_that_is_none_does_not_reach_the_policy(host: str) -> None:
    assert "connect-src 'self';" in content_security_policy(host)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("themes/tokens.css", "text/css"),
        ("styles/watch.css", "text/css"),
        ("scripts/watch.js", "text/javascript"),
        ("vendor/hls.mjs", "text/javascript"),
        ("vendor/inter-latin.woff2", "font/woff2"),
        ("icons.svg", "image/svg+xml"),
        ("translations/pt.json", "application/json"),
    ],
)
def test_assets_are_served_and_asked_for_again_cheaply(client: httpx.Client, path: str, kind: str) -> None:
    first = client.get(f"/assets/{path}")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith(kind)
    again = client.get(f"/assets/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_text_is_compressed_for_those_who_can_read_it(client: httpx.Client) -> None:
    packed = client.get("/assets/vendor/hls.mjs")
    assert packed.headers["content-encoding"] == "gzip"
    plain = client.get("/assets/vendor/hls.mjs", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../viewer/watch.html",
        "/assets/%2e%2e/themes/tokens.json",
        "/assets/..%2f..%2f..%2fpyproject.toml",
        "/assets/%2fetc%2fpasswd",
        "/assets/..%5c..%5cpyproject.toml",
        "/assets/vendor/.stamp",
        "/assets/watch.html",
        "/assets/",
        "/assets/translations/../scripts/watch.js",
    ],
)
def test_paths_that_lead_elsewhere_are_not_there(port: int, path: str) -> None:
    """case 35"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 404
