"""The REST client: tokens are refreshed once, problems are typed, what is no shop is told apart from no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from gshop_studio.client.api import Api, is_alive
from gshop_studio.client.errors import ApiError, NotAShop, ServerUnreachable, SignedOut
from gshop_studio.contract.rest import TokenPair

USER = {"id": "me", "email": "me@shop.test", "displayName": "Alba", "role": "seller", "language": "en"}


class Shop:
    """Knows one access token at a time; each refresh makes the next pair and ends the one before."""

    def __init__(self) -> None:
        self.generation = 1
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _request: httpx.Response(
            200, json={"products": [], "total": 0}
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/auth/login"):
            return self._pair()
        if request.url.path.endswith("/auth/refresh"):
            if f'"refresh-{self.generation}"' not in request.content.decode():
                return _problem(401, "auth.bad_refresh_token")
            self.generation += 1
            return self._pair()
        if request.headers.get("Authorization") != f"Bearer access-{self.generation}":
            return _problem(401, "auth.bad_token")
        return self.answer(request)

    def _pair(self) -> httpx.Response:
        number = self.generation
        pair = {"accessToken": f"access-{number}", "refreshToken": f"refresh-{number}", "expiresIn": 900, "user": USER}
        return httpx.Response(200, json=pair)

    @property
    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/api/v1") for request in self.requests]


def _problem(status: int, code: str, detail: str = "") -> httpx.Response:
    body = {"title": code, "status": status, "code": code, "detail": detail}
    return httpx.Response(status, json=body | {"errors": [{"field": "price", "code": "x", "detail": "Too low."}]})


class Person:
    def __init__(self, shop: Shop) -> None:
        self.now_s = 0.0
        self.told: list[TokenPair | None] = []
        self.api = Api(
            "http://shop.test/", "es", self._note, transport=httpx.MockTransport(shop), clock=lambda: self.now_s
        )

    async def _note(self, tokens: TokenPair | None) -> None:
        self.told.append(tokens)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def person(shop: Shop) -> Person:
    made = Person(shop)
    await made.api.sign_in("me@shop.test", "secret")
    return made


async def test_a_request_carries_token_and_language(person: Person, shop: Shop) -> None:
    await person.api.my_products()
    last = shop.requests[-1]
    assert last.headers["Authorization"] == "Bearer access-1"
    assert last.headers["Accept-Language"] == "es"
    assert str(last.url).startswith("http://shop.test/api/v1/products?mine=true")
    await person.api.close()


async def test_a_token_near_its_end_is_refreshed_before_it_is_used(person: Person, shop: Shop) -> None:
    person.now_s = 880.0
    await person.api.my_products()
    assert shop.paths == ["/auth/login", "/auth/refresh", "/products"]
    assert [pair.refresh_token for pair in person.told if pair] == ["refresh-1", "refresh-2"]
    await person.api.close()


async def test_a_refused_token_is_refreshed_once_and_the_request_repeated(person: Person, shop: Shop) -> None:
    shop.answer = lambda _request: _problem(401, "auth.bad_token")
    with pytest.raises(ApiError) as caught:
        await person.api.my_products()
    assert caught.value.status == 401
    assert shop.paths == ["/auth/login", "/products", "/auth/refresh", "/products"]
    await person.api.close()


async def test_requests_at_once_share_one_refresh(person: Person, shop: Shop) -> None:
    """A rotating token used twice would end the session."""
    person.now_s = 1000.0
    await asyncio.gather(*(person.api.my_products() for _ in range(5)))
    assert shop.paths.count("/auth/refresh") == 1
    await person.api.close()


async def test_a_refresh_that_is_refused_means_signed_out_and_is_told(person: Person, shop: Shop) -> None:
    person.now_s = 1000.0
    shop.generation = 9
    with pytest.raises(SignedOut):
        await person.api.my_products()
    assert person.told[-1] is None
    await person.api.close()


async def test_a_problem_comes_as_its_code_status_and_fields(person: Person, shop: Shop) -> None:
    shop.answer = lambda _request: _problem(409, "stream.not_live", "No está en directo.")
    with pytest.raises(ApiError) as caught:
        await person.api.show_product("show/../1", "p")
    error = caught.value
    assert (error.code, error.detail, error.status) == ("stream.not_live", "No está en directo.", 409)
    assert error.fields == {"price": "Too low."}
    assert shop.requests[-1].url.raw_path == b"/api/v1/live/streams/show%2F..%2F1/products/p/highlight"
    await person.api.close()


async def test_an_answer_that_is_not_the_contract_is_no_shop(person: Person, shop: Shop) -> None:
    for response in (httpx.Response(200, text="hello"), httpx.Response(502, text="bad gateway")):
        shop.answer = lambda _request, response=response: response  # type: ignore[misc]
        with pytest.raises(NotAShop):
            await person.api.my_products()
    await person.api.close()


async def test_no_answer_is_unreachable() -> None:
    api = Api("http://127.0.0.1:9", "en")
    with pytest.raises(ServerUnreachable):
        await api.sign_in("me@shop.test", "secret")
    await api.close()
    assert not await is_alive("http://127.0.0.1:9")


async def test_pictures_come_only_from_the_shop_itself(person: Person, shop: Shop) -> None:
    """Case 37: an address in a product's data calls nobody else."""
    for url in ("http://169.254.169.254/latest", "http://shop.test:81/a.png", "file:///etc/passwd", "http://[bad"):
        with pytest.raises(ApiError):
            await person.api.picture(url)
    assert shop.paths == ["/auth/login"]
    await person.api.close()


async def test_no_error_text_holds_a_password_or_token(person: Person, shop: Shop) -> None:
    """Case 44."""
    shop.answer = lambda _request: _problem(401, "auth.bad_token")
    with pytest.raises(ApiError) as caught:
        await person.api.my_products()
    for word in ("secret", "access-", "refresh-"):
        assert word not in repr(caught.value)
    await person.api.close()
