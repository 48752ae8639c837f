"""Who may fetch a show's media: everybody a public show's; a private one's who may watch it, by their access token."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.problems import problem_response
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.service import StreamService
from gshop_studio.texts import best_language

_KEPT = 10_000
"""Answers kept; the oldest is dropped."""
_KEPT_S = 1.0
"""A change made here counts at once (`forget`), one made by another instance after this."""


class PlaybackGate:
    """Of a private show, browsers and caches on the way keep nothing."""

    def __init__(
        self,
        playback: ASGIApp,
        streams: StreamService,
        accounts: AccountService,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._playback = playback
        self._streams = streams
        self._accounts = accounts
        self._monotonic_s = monotonic_s
        self._is_private: dict[str, tuple[bool, float]] = {}
        """By show, with the time it was asked at."""
        self._changes = 0

    def forget(self, stream_id: str) -> None:
        """This show may be private now, or be so no longer."""
        self._changes += 1
        self._is_private.pop(stream_id, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream_id = scope["path"].removeprefix("/live/").partition("/")[0]
        headers = dict(scope["headers"])
        try:
            if await self._is_private_show(stream_id):
                if scope["method"] != "OPTIONS":  # which browsers send without the token
                    await self._admit(stream_id, headers.get(b"authorization", b"").decode("latin-1"))
                send = partial(_send_private, send)
        except Refused as refusal:
            accepted = headers.get(b"accept-language", b"").decode("latin-1")
            await problem_response(refusal, best_language(accepted))(scope, receive, send)
            return
        await self._playback(scope, receive, send)

    async def _admit(self, stream_id: str, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        caller = await self._accounts.caller(token.strip()) if scheme.lower() == "bearer" else None
        await self._streams.require_watching(caller, stream_id)

    async def _is_private_show(self, stream_id: str) -> bool:
        now_s = self._monotonic_s()
        known = self._is_private.get(stream_id)
        if known is not None and now_s - known[1] < _KEPT_S:
            return known[0]
        changes = self._changes
        is_private = await self._streams.is_private(stream_id)
        self._is_private.pop(stream_id, None)
        if is_private is None:
            return False  # not a show: the media back end says so itself
        if self._changes != changes:
            return is_private  # a show changed while it was asked for, perhaps this one: asked anew next time
        if len(self._is_private) >= _KEPT:
            del self._is_private[next(iter(self._is_private))]
        self._is_private[stream_id] = (is_private, now_s)
        return is_private


async def _send_private(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
        message = {**message, "headers": [*headers, (b"cache-control", b"private, no-store")]}
    await send(message)
