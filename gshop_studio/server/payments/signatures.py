"""Signatures of notices, as Mercado Pago documents them: what they cover, how they are made, which are believed. Pure.

`x-signature: ts=1704908010,v1=618c...`, where `v1` is the HMAC-SHA256 in hex of
`id:{data.id};request-id:{x-request-id};ts:{ts};`: `data.id` from the URL's query, in lower case, absent pairs left out.
`ts` comes in seconds and in milliseconds. The body is not signed: nothing of it is read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from gshop_studio.server.clock import to_ms
from gshop_studio.server.payments.ports import BadNotice, PaymentNotice, RawNotice

_DATA_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""Without the signs the signed text is put together with, so that no two notices make the same text."""
_MOMENT = re.compile(r"[0-9]{1,16}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_HEADER = 512
_FIRST_MS = 100_000_000_000
"""Below it a number of seconds (until the year 5138), from it on of milliseconds (since 1973)."""


class NoticeSignatures:
    def __init__(self, secret: bytes, tolerance_s: float) -> None:
        """`tolerance_s`: how far from now, either way, a notice may have been signed. There is no "any time".

        Raises:
            ValueError: no secret, or no such span.
        """
        if not secret:
            raise ValueError("notices need a secret to be signed with")
        if isinstance(tolerance_s, bool) or not isinstance(tolerance_s, int | float) or not 0 < tolerance_s <= 3600:
            raise ValueError("a notice is fresh for more than nothing and at most an hour")
        self._secret = secret
        self._tolerance_ms = tolerance_s * 1000

    def sign(self, data_id: str, request_id: str, now: datetime) -> RawNotice:
        """A notice of a payment as it is sent, but for its body."""
        moment = str(to_ms(now) // 1000)
        signature = f"ts={moment},v1={self._hash(data_id, request_id, moment)}"
        headers = {"x-signature": signature, "x-request-id": request_id}
        return RawNotice(headers, {"data.id": data_id, "type": "payment"})

    def verify(self, notice: RawNotice, now: datetime) -> PaymentNotice:
        """The notice, where its signature is right and fresh.

        Raises:
            BadNotice: otherwise.
        """
        moment, given = _signature(notice.headers.get("x-signature"))
        request_id = notice.headers.get("x-request-id")
        if request_id is not None and not _REQUEST_ID.fullmatch(request_id):
            raise BadNotice("request id")
        data_id = notice.query.get("data.id")
        if data_id is not None and not _DATA_ID.fullmatch(data_id):
            raise BadNotice("data id")
        if not hmac.compare_digest(given, self._hash(data_id, request_id, moment)):
            raise BadNotice("signature")
        number = int(moment)
        signed_ms = number if number >= _FIRST_MS else number * 1000
        if abs(to_ms(now) - signed_ms) > self._tolerance_ms:
            raise BadNotice("not fresh")
        return PaymentNotice(given, data_id if notice.query.get("type", "payment") == "payment" else None)

    def _hash(self, data_id: str | None, request_id: str | None, moment: str) -> str:
        pairs = (("id", data_id.lower() if data_id is not None else None), ("request-id", request_id), ("ts", moment))
        signed = "".join(f"{name}:{value};" for name, value in pairs if value is not None)
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()


def _signature(header: str | None) -> tuple[str, str]:
    """The moment as it was written, and the hash."""
    if header is None or len(header) > _LONGEST_HEADER:
        raise BadNotice("no signature")
    found: dict[str, str] = {}
    for part in header.split(","):
        name, sign, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not sign or name in found:
            raise BadNotice("signature's form")
        found[name] = value
    moment, given = found.get("ts", ""), found.get("v1", "")
    if not _MOMENT.fullmatch(moment) or not _HASH.fullmatch(given):
        raise BadNotice("signature's form")
    return moment, given
