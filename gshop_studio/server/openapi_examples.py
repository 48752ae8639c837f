"""Examples for the OpenAPI and AsyncAPI documents, made from their schemas: a show of an autumn sale, told coherently.

A field gets the value of its name where there is one in the table and it fits the schema, else one its schema takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ID = "01936f3e-8c00-7a41-b6c3-2f4d5e6a7b8c"
_MOMENT = "2026-11-24T18:30:00.000Z"
_AT_MS = 1_795_545_000_000

_BY_NAME: Mapping[str, Any] = {
    "email": "ann@example.com",
    "password": "correct horse battery",
    "currentPassword": "correct horse battery",
    "newPassword": "battery staple correct",
    "displayName": "Ann",
    "username": "Ann",
    "title": "Autumn sale",
    "description": "Mugs and plates, made by hand.",
    "name": "Mug",
    "message": "Does the mug keep hot?",
    "lastMessage": "Does the mug keep hot?",
    "reaction": "❤️",
    "reason": "Advertising",
    "category": "home",
    "city": "Lima",
    "country": "PE",
    "tags": ["handmade", "sale"],
    "language": "en",
    "currency": "USD",
    "price": 18.5,
    "livePrice": 14.9,
    "discountPercent": 20,
    "revenue": 298.0,
    "amount": 14.9,
    "gmv": 298.0,
    "totalRevenue": 298.0,
    "stock": 12,
    "soldCount": 20,
    "position": 1,
    "total": 1,
    "viewerCount": 84,
    "viewers": 84,
    "peakViewers": 120,
    "peakViewerCount": 120,
    "totalViews": 431,
    "totalLikes": 260,
    "totalMessages": 512,
    "totalPurchases": 20,
    "likesCount": 260,
    "clickCount": 64,
    "purchaseCount": 20,
    "conversionRate": 0.3125,
    "duration": 300,
    "slowModeS": 5,
    "estimatedDuration": 3600,
    "startsIn": 86_400,
    "repeats": "weekly",
    "timeZone": "America/Lima",
    "quietFrom": "23:00",
    "quietUntil": "07:00",
    "body": "Alba goes live: Nov 24, 2026, 1:30 PM Lima.",
    "token": "EXAMPLE-device-token",
    "platform": "android",
    "blockedWords": ["spoiler"],
    "links": "hold",
    "seq": 17,
    "staffSeq": 4,
    "afterSeq": 12,
    "at": _AT_MS,
    "mediaAt": _AT_MS,
    "capturedAt": _AT_MS,
    "expiresIn": 900,
    "change": 3,
    "role": "buyer",
    "status": "live",
    "hostType": "seller",
    "hlsUrl": f"https://live.example.com/live/{_ID}/index.m3u8",
    "hlsPlaybackUrl": f"https://live.example.com/live/{_ID}/index.m3u8",
    "rtmpIngestUrl": "rtmp://live.example.com/live",
    "streamKey": "sk_EXAMPLE",
    "thumbnailUrl": f"https://live.example.com/media/images/{_ID}.jpg",
    "imageUrl": f"https://live.example.com/media/images/{_ID}.jpg",
    "avatarUrl": f"https://live.example.com/media/images/{_ID}.jpg",
    "userAvatar": f"https://live.example.com/media/images/{_ID}.jpg",
    "url": f"https://live.example.com/watch/{_ID}",
    "accessToken": "eyJhbGciOiJIUzI1NiJ9.EXAMPLE.EXAMPLE",
    "refreshToken": "EXAMPLE-refresh-token",
    "clientMessageId": "7f3c2a10",
    "sessionId": "01936f3e-8c00-7a41-b6c3-2f4d5e6a7b8c.EXAMPLE",
}
_FORMATS: Mapping[str, Any] = {
    "date-time": _MOMENT,
    "date": "2026-11-24",
    "email": "ann@example.com",
    "uuid": _ID,
    "uri": "https://live.example.com/",
    "binary": "(the file)",
}
_DEEPEST = 8


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, is_request: bool) -> Any:
    """A value the schema takes. `schemas`: the document's `components.schemas`. Of a request optional fields without
    an entry in the table are left out."""
    return _Maker(schemas, is_request=is_request).value("", schema, 0)


class _Maker:
    def __init__(self, schemas: Mapping[str, Any], *, is_request: bool) -> None:
        self._schemas = schemas
        self._is_request = is_request

    def value(self, name: str, schema: Mapping[str, Any], depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        known = _BY_NAME.get(name)
        if known is not None and self._fits(known, schema):
            return known
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(name, schema, depth)
            case "boolean":
                return False
            case "integer" | "number":
                return _number(schema)
            case "null":
                return None
            case "string":
                return _text(name, schema)
            case _:
                return {}

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without references and choices: the first choice that is not null."""
        while True:
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].rpartition("/")[2]]
            elif choices := schema.get("anyOf") or schema.get("oneOf"):
                schema = next((choice for choice in choices if choice.get("type") != "null"), choices[0])
            elif all_of := schema.get("allOf"):
                schema = all_of[0]
            else:
                return schema

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        return {
            name: self.value(name, field, depth + 1)
            for name, field in properties.items()
            if name in required or (depth < _DEEPEST and (not self._is_request or self._is_known(name, field)))
        }

    def _array(self, name: str, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        count = least if depth >= _DEEPEST else max(1, least)
        singular = f"{name.removesuffix('s')}" if name.endswith("s") else name
        return [self.value(singular, schema.get("items", {}), depth + 1) for _ in range(count)]

    def _is_known(self, name: str, field: Mapping[str, Any]) -> bool:
        return name in _BY_NAME and self._fits(_BY_NAME[name], self._resolved(field))

    def _fits(self, known: Any, schema: Mapping[str, Any]) -> bool:
        if "enum" in schema:
            return known in schema["enum"]
        match schema.get("type"):
            case "string":
                least, most = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
                return isinstance(known, str) and least <= len(known) <= most
            case "integer":
                return isinstance(known, int) and _is_within(known, schema)
            case "number":
                return isinstance(known, int | float) and _is_within(known, schema)
            case "array":
                items = self._resolved(schema.get("items", {}))
                return isinstance(known, list) and all(self._fits(item, items) for item in known)
            case _:
                return False


def _is_within(number: float, schema: Mapping[str, Any]) -> bool:
    least = schema.get("minimum", float("-inf"))
    most = schema.get("maximum", float("inf"))
    return bool(least <= number <= most and number > schema.get("exclusiveMinimum", float("-inf")))


def _number(schema: Mapping[str, Any]) -> float:
    if "minimum" in schema:
        return int(schema["minimum"])
    if "exclusiveMinimum" in schema:
        return int(schema["exclusiveMinimum"]) + 1
    return int(min(3, schema.get("maximum", 3)))


def _text(name: str, schema: Mapping[str, Any]) -> str:
    if (form := _FORMATS.get(schema.get("format", ""))) is not None:
        return str(form)
    if name == "id" or name.endswith("Id"):
        text = _ID
    elif name.endswith("At"):
        text = _MOMENT
    elif name.lower().endswith("url"):
        text = "https://live.example.com/"
    else:
        text = "text"
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1000)
    return text[:most].ljust(least, "x")
