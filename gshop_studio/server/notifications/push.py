"""Push messages by Firebase Cloud Messaging, version 1 of its HTTP interface.

POST `/v1/projects/{id}/messages:send`, a target a call, 4,096 bytes at most. What is sent a second time replaces the
first on the device: it has the same tag. A device that is not registered any more (404, `UNREGISTERED`) is gone.
Requests go straight to the transport, which follows no redirect and logs nothing. Nothing here logs a token.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import httpx

from gshop_studio.server.clock import Clock
from gshop_studio.server.notifications.channels import Fate, Outcome, Parcel
from gshop_studio.server.notifications.fcm_account import AccessTokens, NoToken, ServiceAccount

URL = "https://fcm.googleapis.com"
TIMEOUT_S = 10.0
_MAX_ANSWER_BYTES = 64 * 1024
_LONGEST_TEXT = 200
_NEW_TOKEN = httpx.codes.UNAUTHORIZED
_LATER = frozenset({408, 429, 500, 502, 503, 504})
_OF_DEVICE = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
"""The token is nobody's, or of another app: it will never be ours."""


class PushSender:
    def __init__(
        self,
        account: ServiceAccount,
        clock: Clock,
        *,
        url: str = URL,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = f"{url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        self._clock = clock
        self._timeout_s = timeout_s
        self._transport = transport or httpx.AsyncHTTPTransport(trust_env=False)
        self._tokens = AccessTokens(account, self._transport)

    async def send(self, parcel: Parcel) -> Outcome:
        """Send to one device."""
        body = {"message": message_of(parcel, self._clock())}
        try:
            async with asyncio.timeout(self._timeout_s):
                outcome = await self._post(body)
                return outcome or await self._post(body) or Outcome(Fate.LATER, "fcm_401")
        except NoToken:
            return Outcome(Fate.LATER, "fcm_no_token")
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            return Outcome(Fate.LATER, f"fcm_{type(error).__name__}")

    async def close(self) -> None:
        await self._transport.aclose()

    async def _post(self, body: dict[str, Any]) -> Outcome | None:
        """None where the access token was not taken."""
        token = await self._tokens.get()
        request = httpx.Request("POST", self._url, json=body, headers={"Authorization": f"Bearer {token}"})
        response = await self._transport.handle_async_request(request)
        answer = bytearray()
        try:
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > _MAX_ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        if response.status_code == _NEW_TOKEN:
            self._tokens.forget(token)
            return None
        return outcome_of(response.status_code, response.headers.get("retry-after"), bytes(answer))


def message_of(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """The `message` of a request."""
    tag = parcel.notification_id
    data = {"notificationId": tag, "kind": parcel.kind, "url": parcel.url, "streamId": parcel.stream_id}
    data["orderId"] = parcel.order_id
    message: dict[str, Any] = {
        "token": parcel.address,
        "notification": {"title": _cut(parcel.title), "body": _cut(parcel.body)},
        "data": {name: text for name, text in data.items() if text is not None},
        "android": {"notification": {"tag": tag}},
        "apns": {"headers": {"apns-collapse-id": tag}},
        "webpush": {"headers": {"Topic": tag.replace("-", "")[:32]}},
    }
    if parcel.valid_until is not None:
        left_s = max(0, int((parcel.valid_until - now).total_seconds()))
        message["android"]["ttl"] = f"{left_s}s"
        message["apns"]["headers"]["apns-expiration"] = str(int(parcel.valid_until.timestamp()))
        message["webpush"]["headers"]["TTL"] = str(left_s)
    return message


def outcome_of(status: int, retry_after: str | None, body: bytes) -> Outcome:
    """What an answer means."""
    if status == httpx.codes.OK:
        return Outcome(Fate.SENT)
    code = _error_code(body)
    reason = f"fcm_{status}" + (f"_{code}" if code else "")
    if code in _OF_DEVICE:
        return Outcome(Fate.GONE, reason)
    if status in _LATER:
        return Outcome(Fate.LATER, reason, float(retry_after) if retry_after and retry_after.isdecimal() else None)
    if status in (httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN):  # the project, the account: the operator's to mend
        return Outcome(Fate.LATER, reason)
    return Outcome(Fate.REFUSED, reason)


def _error_code(body: bytes) -> str:
    """FCM's own code, in the details of Google's error."""
    try:
        details = json.loads(body)["error"].get("details", [])
        found = next((str(each["errorCode"]) for each in details if "errorCode" in each), "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return found if found.isidentifier() and len(found) <= 40 else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
