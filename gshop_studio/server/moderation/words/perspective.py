"""Asks a Perspective-compatible server how toxic a text is; the local scorer answers while it cannot.

The contract is Google's: POST `{url}/v1alpha1/comments:analyze?key=...`. The key stands in the address, so the request
goes straight to the transport: the client above it would log the address, follow redirects (case 36) and take proxies
from the environment. Nothing here logs a text, a key or an address.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from gshop_studio.server.moderation.words.toxicity import Scores, ToxicityScorer

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 0.5
BROKEN_S = 30.0
"""How long nobody is asked after it failed."""
_MAX_ANSWER_BYTES = 64 * 1024
_CONNECTIONS = 20
_ATTRIBUTES = ("TOXICITY", "SEVERE_TOXICITY")
_ENGLISH_ONLY = ("SPAM",)
"""Asked for in another language, Google refuses the whole request."""
_BAD_KEY = re.compile(rb"API[ _]KEY", re.IGNORECASE)
"""In the answer 400 that is meant for the operator. Any other is about the text."""
_PATH = "v1alpha1/comments:analyze"


class _NoAnswer(Exception):
    """What came is not the answer that was asked for; says why."""


class _TextRefused(Exception):
    """The server does not judge this text (its language cannot be told, say); it may well judge the next."""


class PerspectiveScorer:
    def __init__(
        self,
        url: str,
        key: str | None,
        fallback: ToxicityScorer,
        *,
        timeout_s: float = ANSWER_TIMEOUT_S,
        broken_s: float = BROKEN_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = httpx.URL(f"{url.rstrip('/')}/{_PATH}", params={"key": key} if key else {})
        self._fallback = fallback
        self._timeout_s = timeout_s
        self._broken_s = broken_s
        self._monotonic_s = monotonic_s
        self._broken_until_s = 0.0
        self._transport = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        )
        self.failed_count = 0

    @property
    def is_broken(self) -> bool:
        """Whether the local scorer answers for now."""
        return self._monotonic_s() < self._broken_until_s

    async def score(self, text: str, language: str) -> Scores:
        """As the server says; as the local scorer says, where the server does not answer in time."""
        if not self.is_broken:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._ask(text, language)
            except _TextRefused:
                self.failed_count += 1
            except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, _NoAnswer) as error:
                self._break(error)
        return await self._fallback.score(text, language)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()
        await self._fallback.close()

    async def _ask(self, text: str, language: str) -> Scores:
        attributes = _ATTRIBUTES + (_ENGLISH_ONLY if language == "en" else ())
        wish = {
            "comment": {"text": text, "type": "PLAIN_TEXT"},
            "languages": [language],
            "requestedAttributes": {attribute: {} for attribute in attributes},
            "doNotStore": True,
        }
        request = httpx.Request("POST", self._url, json=wish, headers={"Accept": "application/json"})
        response = await self._transport.handle_async_request(request)
        try:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    raise _NoAnswer("too long")
        finally:
            await response.aclose()
        if response.status_code == httpx.codes.BAD_REQUEST and _BAD_KEY.search(body) is None:
            raise _TextRefused
        if response.status_code != httpx.codes.OK:
            raise _NoAnswer(f"status {response.status_code}")
        return _scores(bytes(body))

    def _break(self, error: Exception) -> None:
        self.failed_count += 1
        self._broken_until_s = self._monotonic_s() + self._broken_s
        why = str(error) if isinstance(error, _NoAnswer) else type(error).__name__
        log.warning("the toxicity server does not answer (%s); scoring here for %.0f s", why, self._broken_s)


def _scores(body: bytes) -> Scores:
    try:
        found = json.loads(body)["attributeScores"]
        return Scores(
            toxicity=_value(found["TOXICITY"]),
            severe_toxicity=_value(found["SEVERE_TOXICITY"]) if "SEVERE_TOXICITY" in found else 0.0,
            spam=_value(found["SPAM"]) if "SPAM" in found else 0.0,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _NoAnswer("not the answer's form") from error


def _value(attribute: Any) -> float:
    value = attribute["summaryScore"]["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError
    return float(value)
