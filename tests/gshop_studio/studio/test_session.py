"""Signing in: what can go wrong is told with its code, what worked is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gshop_studio.client.api import Api, TokensChanged
from gshop_studio.client.credentials import Credentials
from gshop_studio.client.local_server import LocalServer
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.session import Session, SessionState

Handler = Callable[[httpx.Request], httpx.Response]
SHOP = "https://shop.test"


def tokens(role: str = "seller", access: str = "access-1", refresh: str = "refresh-1") -> httpx.Response:
    user = {"id": "me", "email": "me@shop.test", "displayName": "Alba", "role": role, "language": "en"}
    return httpx.Response(200, json={"accessToken": access, "refreshToken": refresh, "expiresIn": 900, "user": user})


def problem(status: int, code: str, detail: str = "") -> httpx.Response:
    return httpx.Response(status, json={"title": code, "status": status, "code": code, "detail": detail})


class Desk:
    """A session at a shop that answers as the test says."""

    def __init__(self, folder: Path) -> None:
        self.settings = SettingsFile(folder / "settings.json")
        self.credentials = Credentials(None)
        self.server = LocalServer(folder / "server", ["/does/not/exist"])
        self.handler: Handler = lambda _request: tokens()
        self.session = Session(self.settings, self.credentials, self.server, self._make_api)

    def _make_api(self, url: str, on_tokens: TokensChanged) -> Api:
        return Api(url, "en", on_tokens, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return self.handler(request)

    def state(self) -> SessionState:
        return self.session.snapshot.value.state

    @property
    def trouble(self) -> str:
        trouble = self.session.snapshot.value.trouble
        return trouble.code if trouble else ""


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_seller_signs_in_and_is_remembered(desk: Desk) -> None:
    await desk.session.sign_in("shop.test", " me@shop.test ", "secret")
    now = desk.session.snapshot.value
    assert (now.state, now.person_name, now.server_url) == (SessionState.SIGNED_IN, "Alba", SHOP)
    assert not now.are_tokens_kept
    assert desk.settings.value.server_url == SHOP
    assert await desk.credentials.load(SHOP) == "refresh-1"
    await desk.session.close()


async def test_a_wrong_password_is_told_in_the_shops_words(desk: Desk) -> None:
    desk.handler = lambda _request: problem(401, "auth.bad_credentials", "E-mail or password is wrong.")
    await desk.session.sign_in("shop.test", "me@shop.test", "wrong")
    now = desk.session.snapshot.value
    assert now.state is SessionState.SIGNED_OUT
    assert now.trouble is not None and now.trouble.detail == "E-mail or password is wrong."


async def test_a_server_that_cannot_be_reached_is_told(desk: Desk) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    desk.handler = nobody
    await desk.session.sign_in("shop.test", "me@shop.test", "secret")
    assert desk.trouble == "server.unreachable"


async def test_something_else_at_the_address_is_told(desk: Desk) -> None:
    desk.handler = lambda _request: httpx.Response(200, text="<html>hello</html>")
    await desk.session.sign_in("shop.test", "me@shop.test", "secret")
    assert desk.trouble == "server.not_a_shop"


async def test_an_address_that_is_none_is_told(desk: Desk) -> None:
    await desk.session.sign_in("ftp://shop", "me@shop.test", "secret")
    assert desk.trouble == "server.bad_address"


async def test_a_buyer_is_signed_out_again(desk: Desk) -> None:
    desk.handler = lambda request: tokens("buyer") if "login" in request.url.path else httpx.Response(204)
    await desk.session.sign_in("shop.test", "ana@shop.test", "secret")
    assert desk.trouble == "session.not_a_seller"
    assert await desk.credentials.load(SHOP) is None


async def test_the_next_start_goes_where_the_last_one_was(desk: Desk) -> None:
    await desk.session.sign_in("shop.test", "me@shop.test", "secret")
    await desk.session.close()
    paths: list[str] = []

    def refreshed(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return tokens(access="access-2", refresh="refresh-2")

    desk.handler = refreshed
    await desk.session.restore()
    assert paths == ["/api/v1/auth/refresh"]
    assert desk.session.snapshot.value.state is SessionState.SIGNED_IN
    assert await desk.credentials.load(SHOP) == "refresh-2"
    await desk.session.close()


async def test_a_kept_token_that_has_ended_is_forgotten(desk: Desk) -> None:
    desk.settings.change(server_url=SHOP)
    await desk.credentials.save(SHOP, "old")
    desk.handler = lambda _request: problem(401, "auth.bad_refresh_token")
    await desk.session.restore()
    assert desk.trouble == "auth.signed_out"
    assert await desk.credentials.load(SHOP) is None


async def test_giving_up_leads_back_to_the_choice(desk: Desk) -> None:
    started = asyncio.Event()

    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    desk.server.ensure = slow  # type: ignore[method-assign,assignment]
    work = asyncio.create_task(desk.session.try_here())
    await started.wait()
    assert desk.state() is SessionState.STARTING_SERVER
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert desk.state() is SessionState.SIGNED_OUT
    assert desk.trouble == ""


async def test_a_local_server_that_cannot_start_is_told(desk: Desk) -> None:
    await desk.session.try_here()
    assert desk.trouble == "server.not_ready"


async def test_signing_out_forgets(desk: Desk) -> None:
    await desk.session.sign_in("shop.test", "me@shop.test", "secret")
    desk.handler = lambda _request: httpx.Response(204)
    await desk.session.sign_out()
    assert desk.session.snapshot.value.state is SessionState.SIGNED_OUT
    assert await desk.credentials.load(SHOP) is None
