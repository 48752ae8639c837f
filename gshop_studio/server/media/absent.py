"""The media of a server that has none (`--role api`): another one takes it from publishers and serves it to viewers."""

from __future__ import annotations

from typing import Any


class AbsentMedia:
    """A `MediaBackend` that neither listens nor has anything under `/live/`."""

    rtmp_port = 0
    is_listening = False
    publisher_count = 0

    @property
    def open_stream_ids(self) -> list[str]:
        return []

    async def start(self) -> None:
        """There is nothing to listen for."""

    async def close(self) -> None:
        """There is nobody to let go of."""

    def media_time_ms(self, _stream_id: str, _captured_at_ms: int) -> int | None:
        return None

    async def end_stream(self, _stream_id: str) -> None:
        """The server that has its media hears of it over the bus."""

    async def playback_app(self, scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"access-control-allow-origin", b"*")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"not here\n"})
