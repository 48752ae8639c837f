"""The shop's REST API as the studio calls it. Owns the HTTP connections and the tokens; on the asyncio thread."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from gshop_studio.client.errors import ApiError, NotAShop, ServerUnreachable, SignedOut
from gshop_studio.contract.problems import Problem
from gshop_studio.contract.rest import (
    AddStreamProduct,
    EndAnswer,
    HideAnswer,
    HighlightAnswer,
    HighlightRequest,
    LoginRequest,
    ProductList,
    RefreshRequest,
    StartAnswer,
    Stream,
    StreamCreate,
    StreamList,
    StreamProduct,
    StreamProductList,
    TokenPair,
    User,
)
from gshop_studio.domain.stream_life import StreamStatus

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 15.0
_EARLY_S = 30.0
"""An access token this near its end is taken as ended: it must outlive the request it goes with."""
_MAX_PICTURE_BYTES = 8 * 1024 * 1024
_PAGE = 100

_Body = TypeVar("_Body", bound=BaseModel)
TokensChanged = Callable[[TokenPair | None], Awaitable[None]]


@dataclass(slots=True)
class _Access:
    token: str
    ends_at_s: float


class Api:
    """One person at one server.

    Args:
        url: the server's address, without `/api/v1`.
        language: of the server's sentences.
        on_tokens: told each new pair of tokens, and None when the server ended them.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        language: str,
        on_tokens: TokensChanged | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self._on_tokens = on_tokens
        self._clock = clock
        self._access: _Access | None = None
        self._refresh_token: str | None = None
        self._user: User | None = None
        self._refreshing = asyncio.Lock()
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Accept-Language": language},
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # --- people -------------------------------------------------------------------------------------------------

    async def sign_in(self, email: str, password: str) -> User:
        """Sign in; the tokens stay here and go to `on_tokens`."""
        body = LoginRequest(email=email, password=password)
        return await self._accept(await self._send("POST", "/auth/login", TokenPair, body, is_public=True))

    async def restore(self, refresh_token: str) -> User:
        """Sign in with a kept refresh token.

        Raises:
            SignedOut: the token has ended.
        """
        self._refresh_token = refresh_token
        return await self._refresh()

    async def sign_out(self) -> None:
        """End the tokens, here and at the server; nothing is raised when the server cannot be told."""
        token, self._refresh_token, access, self._access = self._refresh_token, None, self._access, None
        if token is None:
            return
        headers = {"Authorization": f"Bearer {access.token}"} if access else {}
        body = RefreshRequest(refresh_token=token).model_dump(mode="json", by_alias=True)
        try:
            await self._http.post("/api/v1/auth/logout", json=body, headers=headers)
        except httpx.HTTPError:
            return

    async def access_token(self) -> str:
        """An access token that has not ended, refreshed where it has.

        Raises:
            SignedOut: nobody is signed in, or no longer.
        """
        if self._access is None or self._access.ends_at_s <= self._clock():
            await self._refresh(self._access)
        assert self._access is not None
        return self._access.token

    # --- shows --------------------------------------------------------------------------------------------------

    async def my_streams(self, status: StreamStatus | None = None) -> list[Stream]:
        """The person's own shows, newest first as the server sorts them."""
        query: dict[str, str | int] = {"mine": "true", "limit": _PAGE}
        if status is not None:
            query["status"] = status.value
        return (await self._send("GET", "/live/streams", StreamList, query=query)).streams

    async def create_stream(self, body: StreamCreate) -> Stream:
        """A new show."""
        return await self._send("POST", "/live/streams", Stream, body)

    async def stream(self, stream_id: str) -> Stream:
        """One show with its products."""
        return await self._send("GET", f"/live/streams/{quote(stream_id, safe='')}", Stream)

    async def start_stream(self, stream_id: str) -> StartAnswer:
        """Start (or find started) a show: where to send it, and the key."""
        return await self._send("POST", f"/live/streams/{quote(stream_id, safe='')}/start", StartAnswer)

    async def end_stream(self, stream_id: str) -> EndAnswer:
        """End a show."""
        return await self._send("POST", f"/live/streams/{quote(stream_id, safe='')}/end", EndAnswer)

    # --- products -----------------------------------------------------------------------------------------------

    async def my_products(self) -> ProductList:
        """The seller's catalogue: the first hundred."""
        return await self._send("GET", "/products", ProductList, query={"mine": "true", "limit": _PAGE})

    async def stream_products(self, stream_id: str) -> list[StreamProduct]:
        """The products of a show, in their order."""
        path = f"/live/streams/{quote(stream_id, safe='')}/products"
        return (await self._send("GET", path, StreamProductList, query={"limit": _PAGE})).products

    async def add_product(self, stream_id: str, product_id: str) -> StreamProduct:
        """Put a product of the catalogue into a show."""
        path = f"/live/streams/{quote(stream_id, safe='')}/products"
        return await self._send("POST", path, StreamProduct, AddStreamProduct(product_id=product_id))

    async def show_product(self, stream_id: str, product_id: str, captured_at_ms: int | None = None) -> HighlightAnswer:
        """Put a product on the viewers' screens; what was there before goes."""
        path = f"/live/streams/{quote(stream_id, safe='')}/products/{quote(product_id, safe='')}/highlight"
        return await self._send("PUT", path, HighlightAnswer, HighlightRequest(captured_at=captured_at_ms))

    async def hide_product(self, stream_id: str, product_id: str, captured_at_ms: int | None = None) -> HideAnswer:
        """Take a product off the viewers' screens."""
        path = f"/live/streams/{quote(stream_id, safe='')}/products/{quote(product_id, safe='')}/hide"
        return await self._send("PUT", path, HideAnswer, HighlightRequest(captured_at=captured_at_ms))

    async def picture(self, url: str) -> bytes:
        """The bytes of a picture of this server; others are refused, so that no address is called unasked.

        Raises:
            ApiError: `picture.foreign`, `picture.too_large`, or the server's refusal.
        """
        if _origin(url) != _origin(self.url):
            raise ApiError("picture.foreign")
        try:
            async with self._http.stream("GET", url) as response:
                if response.status_code != HTTPStatus.OK:
                    raise ApiError("picture.not_found", status=response.status_code)
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > _MAX_PICTURE_BYTES:
                        raise ApiError("picture.too_large")
                return bytes(content)
        except httpx.HTTPError as error:
            raise ServerUnreachable(self.url) from error

    # --- inside -------------------------------------------------------------------------------------------------

    async def _send(
        self,
        method: str,
        path: str,
        answer: type[_Body],
        body: BaseModel | None = None,
        *,
        query: dict[str, str | int] | None = None,
        is_public: bool = False,
    ) -> _Body:
        content = body.model_dump(mode="json", by_alias=True, exclude_none=True) if body is not None else None
        used = None if is_public else await self.access_token()
        response = await self._exchange(method, path, content, query, used)
        if response.status_code == HTTPStatus.UNAUTHORIZED and used is not None:
            if self._access is not None and self._access.token == used:
                await self._refresh(self._access)
            response = await self._exchange(method, path, content, query, await self.access_token())
        if not response.is_success:
            raise self._problem(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise NotAShop(self.url) from error

    async def _exchange(
        self, method: str, path: str, content: Any, query: dict[str, str | int] | None, token: str | None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._http.request(method, f"/api/v1{path}", json=content, params=query, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServerUnreachable(self.url) from error

    def _problem(self, response: httpx.Response) -> ApiError | NotAShop:
        try:
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            return NotAShop(self.url)
        fields = {field.field: field.detail for field in problem.errors}
        return ApiError(problem.code, problem.detail, problem.status, fields)

    async def _refresh(self, seen: _Access | None = None) -> User:
        """One refresh at a time: a rotating token may be used only once."""
        async with self._refreshing:
            if seen is not None and self._access is not seen and self._user is not None and self._access is not None:
                return self._user
            if self._refresh_token is None:
                raise SignedOut
            body = RefreshRequest(refresh_token=self._refresh_token)
            try:
                return await self._accept(await self._send("POST", "/auth/refresh", TokenPair, body, is_public=True))
            except ApiError as error:
                if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                    self._access = self._refresh_token = None
                    if self._on_tokens:
                        await self._on_tokens(None)
                    raise SignedOut from error
                raise

    async def _accept(self, tokens: TokenPair) -> User:
        self._user = tokens.user
        life_s = max(1.0, tokens.expires_in - min(_EARLY_S, tokens.expires_in / 2))
        self._access = _Access(tokens.access_token, self._clock() + life_s)
        self._refresh_token = tokens.refresh_token
        if self._on_tokens:
            await self._on_tokens(tokens)
        return tokens.user


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None


async def is_alive(url: str) -> bool:
    """Whether a server answers `GET /health` there now."""
    return await _health(url, {}) is not None


async def is_ours(url: str, token: str) -> bool:
    """Whether the server that answers there knows the token of our own `server.json`, which it never says."""
    challenge = secrets.token_hex(16)
    answer = await _health(url, {"challenge": challenge})
    proof = hmac.new(token.encode(), challenge.encode(), hashlib.sha256).hexdigest()
    return answer is not None and hmac.compare_digest(str(answer.get("proof", "")).encode(), proof.encode())


async def _health(url: str, query: dict[str, str]) -> dict[str, Any] | None:
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
        try:
            answer = await http.get(f"{url.rstrip('/')}/health", params=query)
            found = answer.json() if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None
    return found if isinstance(found, dict) else None
