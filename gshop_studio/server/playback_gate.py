"""Who may fetch a show's media: everybody a public show's; nobody a private one's, until there are playback tokens."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gshop_studio.server.problems import problem_response
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.service import StreamService
from gshop_studio.texts import best_language

_KEPT = 10_000
"""Answers kept; whether a show is private does not change. The oldest is dropped."""


class PlaybackGate:
    def __init__(self, playback: ASGIApp, streams: StreamService) -> None:
        self._playback = playback
        self._streams = streams
        self._is_private: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream_id = scope["path"].removeprefix("/live/").partition("/")[0]
        is_private = self._is_private.get(stream_id)
        try:
            if is_private is None:
                is_private = await self._ask(stream_id)
            if is_private:
                raise Refused("stream.private")
        except Refused as refusal:
            accepted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
            await problem_response(refusal, best_language(accepted))(scope, receive, send)
            return
        await self._playback(scope, receive, send)

    async def _ask(self, stream_id: str) -> bool:
        is_private = await self._streams.is_private(stream_id)
        if is_private is None:
            return False  # not a show: the media back end says so itself
        if len(self._is_private) >= _KEPT:
            del self._is_private[next(iter(self._is_private))]
        self._is_private[stream_id] = is_private
        return is_private
