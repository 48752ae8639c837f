"""What viewers fetch: `/live/{streamId}/index.m3u8` and its files. A raw ASGI application, off FastAPI's stack.

Nothing is read from a disk: a path either names something in a window, or it is not found.
"""

from __future__ import annotations

import re
from typing import Any

from gshop_studio.server.media.embedded.live_streams import LiveStreams

_PATH = re.compile(
    r"/live/(?P<stream_id>[0-9A-Za-z-]{1,64})/(?P<name>index\.m3u8|init-\d{1,12}\.mp4|seg-\d{1,12}\.m4s)"
)
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
_METHODS = b"GET, HEAD, OPTIONS"
_PLAYLIST = "index.m3u8"
_PLAYLIST_TYPE = b"application/vnd.apple.mpegurl"
_MEDIA_TYPE = b"video/mp4"
_ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Length, Content-Range, Date"),
    (b"x-content-type-options", b"nosniff"),
]
_Headers = list[tuple[bytes, bytes]]


class Playback:
    """Serves the windows of all streams."""

    def __init__(self, streams: LiveStreams) -> None:
        self._streams = streams

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        status, headers, body = self._answer(scope)
        headers = [*headers, *_ALWAYS]
        if status != 204:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, scope: Any) -> tuple[int, _Headers, bytes]:
        match scope["method"]:
            case "OPTIONS":
                preflight = [
                    (b"access-control-allow-methods", _METHODS),
                    (b"access-control-allow-headers", b"Range"),
                    (b"access-control-max-age", b"86400"),
                ]
                return 204, [(b"allow", _METHODS), *preflight], b""
            case "GET" | "HEAD":
                pass
            case _:
                return 405, [(b"allow", _METHODS)], b""
        path = _PATH.fullmatch(scope["path"])
        is_encoded = b"%" in scope.get("raw_path", b"").partition(b"?")[0]  # no name of ours needs it
        stream = self._streams.find(path["stream_id"]) if path and not is_encoded else None
        if path is None or stream is None:
            return _not_found()
        if path["name"] == _PLAYLIST:
            playlist = stream.window.playlist()
            if playlist is None:
                return _not_found()
            return 200, [(b"content-type", _PLAYLIST_TYPE), (b"cache-control", b"no-cache")], playlist
        data = stream.window.file(path["name"])
        return _not_found() if data is None else _file(data, scope["headers"])


def _not_found() -> tuple[int, _Headers, bytes]:
    return 404, [(b"cache-control", b"no-store"), (b"content-type", b"text/plain")], b"Not found\n"


def _file(data: bytes, request_headers: _Headers) -> tuple[int, _Headers, bytes]:
    headers = [
        (b"content-type", _MEDIA_TYPE),
        (b"cache-control", b"public, max-age=3600, immutable"),
        (b"accept-ranges", b"bytes"),
    ]
    wanted = next((value for name, value in request_headers if name == b"range"), b"")
    match = _RANGE.fullmatch(wanted.decode("latin-1"))
    if match is None or match.group(0) == "bytes=-":
        return 200, headers, data  # no range, or none that we know: RFC 9110, 14.2 lets us send the whole
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) if last else len(data), len(data) - 1)
    else:
        start, end = max(0, len(data) - int(last)), len(data) - 1
    if last and first and int(last) < start:
        return 200, headers, data  # not a valid range
    if start >= len(data):
        return 416, [(b"content-range", b"bytes */%d" % len(data))], b""
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end, len(data))))
    return 206, headers, data[start : end + 1]
