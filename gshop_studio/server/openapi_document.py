"""The OpenAPI 3.1 document: what FastAPI finds in the routes, and problems, examples, sign-in and stable names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gshop_studio.contract.problems import Problem
from gshop_studio.server.openapi_errors import problem_responses
from gshop_studio.server.openapi_examples import example_of

_TAGS = {
    "accounts": "Registering, signing in and out, one's own profile.",
    "people": "Sellers, following, wishes, addresses.",
    "buying": "What one pays with, carts, orders.",
    "catalogue": "A seller's products and their pictures.",
    "shows": "Shows: planning, going on air, ending.",
    "finding": "What is trending, search, and what suits the caller.",
    "privacy": "All that is kept of the caller, and its erasure.",
    "notifications": "What one is told outside a show, how, and when not.",
    "products on air": "The products of a show, and which is shown.",
    "chat": "What is said in a show, and by which rules.",
    "moderation": "Who may write, what was held, and the log of it.",
    "numbers": "How a show goes, and went.",
    "operation": "For who runs the server.",
}
_SIGN_IN = "bearer"
_METRICS = "metricsToken"
_FOR_ANYBODY = frozenset(
    {
        "enterAsGuest", "getCategories", "getProduct", "getSigningKey", "listActiveStreams", "logIn", "logOut",
        "refresh", "register",
    }
)  # fmt: skip
"""Operations that answer everybody the same, signed in or not."""
_JSON = "application/json"
_DESCRIPTION = """\
Events in real time go over Socket.IO: see
[/asyncapi.json](/asyncapi.json).

A show's metrics come over GraphQL, too: queries by `POST /graphql`, subscriptions by `graphql-transport-ws` at the same
address; `streamMetrics(streamId: ID!)` is both. `docs/analytics.md` of the source has its messages and limits, and
introspection the schema.

Refusals are RFC 9457 problems with a stable `code`, and a `detail` in the caller's language: `?lang=`, else
`Accept-Language`, else the account's. What the caller may not see is left out of an answer. Every answer carries
`X-Request-Id`, by which the log has it.
"""


def operation_id(route: APIRoute) -> str:
    """What clients made from the document call an operation: the route's function, in camel case."""
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)


def install(app: FastAPI) -> None:
    """Have the application tell this document, made when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # the way FastAPI documents


def build(app: FastAPI) -> dict[str, Any]:
    """The document of an application's routes."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=_DESCRIPTION, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    schemas |= _problem_schemas()
    for path, method, operation in _operations(document):
        _add_problems(path, method, operation)
        _add_examples(operation, schemas)
        _add_sign_in(path, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {
        _SIGN_IN: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `accessToken` of a sign-in. Never in a URL.",
        },
        _METRICS: {"type": "http", "scheme": "bearer", "description": "What `GSHOP_METRICS_TOKEN` says."},
    }
    used = {tag for *_, operation in _operations(document) for tag in operation["tags"]}
    document["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items() if name in used]
    document["servers"] = [{"url": "/", "description": "This server"}]
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    """The common ones, in place of what the framework says of them; what a route says of another kind stays."""
    responses = operation["responses"]
    for status in [status for status, response in responses.items() if int(status) >= 400 and _is_problem(response)]:
        del responses[status]
    for status, response in problem_responses(path, method, operation).items():
        responses.setdefault(status, response)


def _is_problem(response: dict[str, Any]) -> bool:
    return not re.search(r'"#/components/schemas/(?!Problem"|HTTPValidationError")', str(response).replace("'", '"'))


def _add_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if body is not None:
        body.setdefault("example", example_of(body["schema"], schemas, is_request=True))
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get(_JSON)
        if int(status) < 400 and content is not None and content.get("schema"):
            content.setdefault("example", example_of(content["schema"], schemas, is_request=False))


def _add_sign_in(path: str, operation: dict[str, Any]) -> None:
    """Anonymous callers may ask for much; they are told `auth.required` where they may not."""
    if path == "/metrics":
        operation["security"] = [{_METRICS: []}]
    elif path.startswith("/api/") and operation["operationId"] not in _FOR_ANYBODY:
        operation["security"] = [{}, {_SIGN_IN: []}]


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs")
    return {"Problem": schema, **definitions}
