"""Which problems an operation may answer, for the OpenAPI document: found by its method, its path and its body.

A route need not say so itself: what every operation of its kind may answer is added to it, with the codes its part of
the API knows. More than it really answers, never less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from gshop_studio.contract.problems import PROBLEM_MEDIA_TYPE
from gshop_studio.server.refusals import FIELD_TEXTS, REFUSALS

_EVERYWHERE = frozenset({"request", "server", "storage", "auth"})
_BY_PART: Mapping[str, frozenset[str]] = {
    # a part of the path: the families of codes it brings
    "addresses": frozenset({"address"}),
    "affiliates": frozenset({"user"}),
    "auth": frozenset({"auth"}),
    "avatar": frozenset({"image"}),
    "ban": frozenset({"moderation", "user"}),
    "co-hosts": frozenset({"stream", "user"}),
    "devices": frozenset({"device"}),
    "delete-account": frozenset({"account"}),
    "chat-log": frozenset({"stream"}),
    "chat-settings": frozenset({"stream"}),
    "follow": frozenset({"user", "follow"}),
    "highlights": frozenset({"highlight"}),
    "image": frozenset({"image", "product"}),
    "images": frozenset({"image"}),
    "live-checkout": frozenset({"checkout", "product", "stream"}),
    "messages": frozenset({"chat", "message", "idempotency", "stream"}),
    "moderation": frozenset({"moderation", "message", "user", "stream"}),
    "moderators": frozenset({"moderation", "user", "stream"}),
    "orders": frozenset({"order"}),
    "payment-methods": frozenset({"payment_method"}),
    "products": frozenset({"product"}),
    "purchase": frozenset({"address", "idempotency", "payment", "payment_method", "user"}),
    "recommendations": frozenset({"stream"}),
    "schedules": frozenset({"schedule", "product", "stream", "user"}),
    "sellers": frozenset({"user"}),
    "share": frozenset({"event", "stream"}),
    "checkout-stats": frozenset({"stream"}),
    "click": frozenset({"event", "stream"}),
    "streams": frozenset({"product", "stream"}),
    "thumbnail": frozenset({"image"}),
    "users": frozenset({"user"}),
    "webhooks": frozenset({"payment"}),
    "wishlist": frozenset({"product"}),
}
_NOT_OF_REST = frozenset({"request.unknown_event", "request.method_not_allowed"})
_API = "/api/"


def problem_responses(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """The responses to add, by status."""
    codes = _codes_by_status(path)
    statuses = (status for status in _statuses(path, method, operation) if status in codes)
    return {str(status): _response(status, codes[status]) for status in statuses}


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> list[int]:
    statuses = {500}
    has_parameters = bool(operation.get("parameters"))
    has_body = "requestBody" in operation
    if path == "/metrics":
        statuses |= {401, 404}
    if path.startswith(_API):
        statuses |= {401, 403, 429, 503}
    if "{" in path:
        statuses |= {404, 503}
    if path.endswith("/purchase"):
        statuses |= {402}
    if "{stream_id}" in path or method != "get":
        statuses |= {409}
    if has_body:
        statuses |= {400, 404, 413}  # what a body names may not be there
    if has_body or has_parameters:
        statuses |= {422}
    if method != "get":
        statuses |= {507}
    return sorted(statuses)


def _codes_by_status(path: str) -> dict[int, list[str]]:
    families = set(_EVERYWHERE)
    for part in path.removesuffix(".zip").split("/"):
        families |= _BY_PART.get(part, frozenset())
    found: dict[int, list[str]] = defaultdict(list)
    for code, refusal in REFUSALS.items():
        if code.partition(".")[0] in families and code not in _NOT_OF_REST:
            found[refusal.status].append(code)
    return found


def _response(status: int, codes: Iterable[str]) -> dict[str, Any]:
    """One status, with what each of its codes means."""
    codes = list(codes)
    meanings = "\n".join(f"- `{code}`: {REFUSALS[code].text}" for code in codes)
    headers: dict[str, Any] = {"Content-Language": {"schema": {"type": "string"}, "description": "Of `detail`"}}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds to wait, where that is known"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"schema": {"type": "string", "const": "Bearer"}}
    return {
        "description": f"{HTTPStatus(status).phrase}\n\n{meanings}",
        "headers": headers,
        "content": {
            PROBLEM_MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": _example(status, codes[0]),
            }
        },
    }


def _example(status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": REFUSALS[code].text,
        "errors": [],
    }
    if code == "request.invalid":
        problem["errors"] = [{"field": "title", "code": "field.missing", "detail": FIELD_TEXTS["field.missing"]}]
    return problem
