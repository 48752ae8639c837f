"""The AsyncAPI 3.0 document of the socket events, made from the contract: `/asyncapi.json`.

Seen from the server, as AsyncAPI is: it receives what clients emit, and replies with the acknowledgement; it sends the
rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter, Response
from pydantic.json_schema import models_json_schema

from gshop_studio import __version__
from gshop_studio.contract.event_payloads import CLIENT_EVENTS, SERVER_EVENTS
from gshop_studio.contract.events import (
    LASTING_EVENTS,
    PERSONAL_EVENTS,
    SOCKET_PATH,
    STAFF_EVENTS,
    ClientEvent,
    Room,
    ServerEvent,
)
from gshop_studio.contract.problems import FieldProblem
from gshop_studio.server.openapi_examples import example_of

_DESCRIPTION = """\
Socket.IO 5 (the JavaScript client 4.x), path `/socket.io`, the access token as `auth: {token}`; without one a client is
an anonymous viewer of public shows. Every event a client emits is acknowledged.

Lasting events carry a `seq` that rises by exactly 1 in its room of a show: subscribe, read the snapshot that
acknowledges `live:join`, then apply what follows; after a gap ask `live:resume`. The host and the moderators are in a
second room of the show, whose events carry `room: "staff"` and a `seq` of their own.
"""
_SCHEMAS = "#/components/schemas/"
_CHANNEL = "socket"
_ENVELOPES: Mapping[str, Any] = {
    "Passing": {
        "type": "object",
        "description": "Not kept, not replayed.",
        "properties": {"at": {"type": "integer", "description": "Server time, ms"}},
        "required": ["at"],
    },
    "Lasting": {
        "type": "object",
        "description": "Kept, and replayed by `live:resume`.",
        "properties": {
            "at": {"type": "integer", "description": "Server time, ms"},
            "seq": {"type": "integer", "minimum": 1, "description": "Rises by exactly 1 in the show's room"},
        },
        "required": ["at", "seq"],
    },
    "LastingOfStaff": {
        "type": "object",
        "description": "Kept, and replayed by `live:resume` to the host and the moderators.",
        "properties": {
            "at": {"type": "integer", "description": "Server time, ms"},
            "seq": {"type": "integer", "minimum": 1, "description": "Rises by exactly 1 in the staff's room"},
            "room": {"const": Room.STAFF.value},
        },
        "required": ["at", "seq", "room"],
    },
    "Refusal": {
        "type": "object",
        "description": "Not done, and why.",
        "properties": {
            "ok": {"const": False},
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "description": "The same stable code as over REST"},
                    "detail": {"type": "string", "description": "For the person, in their language"},
                    "errors": {"type": "array", "items": {"$ref": f"{_SCHEMAS}FieldProblem"}},
                    "retryAfter": {"type": "integer", "description": "Seconds to wait, where that is known"},
                },
                "required": ["code", "detail"],
            },
        },
        "required": ["ok", "error"],
    },
}

router = APIRouter(include_in_schema=False)


@router.get("/asyncapi.json")
def asyncapi_json() -> Response:
    """The document."""
    return Response(_encoded(), media_type="application/json")


@cache
def _encoded() -> bytes:

    return json.dumps(build(), ensure_ascii=False).encode()


def build() -> dict[str, Any]:
    """The document, as JSON's types."""
    schemas = _schemas()
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for asked in CLIENT_EVENTS:
        name, acknowledgement = f"emit {asked.value}", f"ack {asked.value}"
        messages[_key(name)] = _emitted(asked, schemas)
        messages[_key(acknowledgement)] = _acknowledgement(asked, schemas)
        operations[_key(name)] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{_CHANNEL}"},
            "messages": [_of_channel(name)],
            "reply": {"channel": {"$ref": f"#/channels/{_CHANNEL}"}, "messages": [_of_channel(acknowledgement)]},
        }
    for told in SERVER_EVENTS:
        name = f"on {told.value}"
        messages[_key(name)] = _told(told, schemas)
        operations[_key(name)] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{_CHANNEL}"},
            "messages": [_of_channel(name)],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "GSHOP Studio companion server: events", "version": __version__, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {
            _CHANNEL: {
                "address": f"/{SOCKET_PATH}",
                "description": "One connection of a client; it may be in several shows.",
                "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
            }
        },
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def room_of(event: ServerEvent) -> str:
    """Who hears an event: `person`, `staff` or `everybody`."""
    if event in PERSONAL_EVENTS:
        return "person"
    return (Room.STAFF if event in STAFF_EVENTS else Room.EVERYBODY).value


def _schemas() -> dict[str, Any]:
    bodies = [(asked.body, "validation") for asked in CLIENT_EVENTS.values()]
    answers = [(asked.answer, "serialization") for asked in CLIENT_EVENTS.values()]
    told = [(model, "serialization") for model in (*SERVER_EVENTS.values(), FieldProblem)]
    wanted: Any = list(dict.fromkeys([*bodies, *answers, *told]))
    _, definitions = models_json_schema(wanted, by_alias=True, ref_template=f"{_SCHEMAS}{{model}}")
    return {**definitions["$defs"], **_ENVELOPES}


def _emitted(event: ClientEvent, schemas: Mapping[str, Any]) -> dict[str, Any]:
    payload = {"$ref": f"{_SCHEMAS}{CLIENT_EVENTS[event].body.__name__}"}
    return _message(event.value, payload, example_of(payload, schemas, is_request=True), schemas)


def _acknowledgement(event: ClientEvent, schemas: Mapping[str, Any]) -> dict[str, Any]:
    model = {"$ref": f"{_SCHEMAS}{CLIENT_EVENTS[event].answer.__name__}"}
    done = {"allOf": [{"type": "object", "properties": {"ok": {"const": True}}, "required": ["ok"]}, model]}
    payload = {"oneOf": [done, {"$ref": f"{_SCHEMAS}Refusal"}]}
    example = {"ok": True, **example_of(model, schemas, is_request=False)}
    return _message(f"acknowledgement of {event.value}", payload, example, schemas)


def _told(event: ServerEvent, schemas: Mapping[str, Any]) -> dict[str, Any]:
    model = {"$ref": f"{_SCHEMAS}{SERVER_EVENTS[event].__name__}"}
    example = example_of(model, schemas, is_request=False)
    payload: dict[str, Any] = model
    if (envelope := _envelope_of(event)) is not None:
        payload = {"allOf": [model, {"$ref": f"{_SCHEMAS}{envelope}"}]}
        example = {**example, **example_of({"$ref": f"{_SCHEMAS}{envelope}"}, schemas, is_request=False)}
    message = _message(event.value, payload, example, schemas)
    return {**message, "x-room": room_of(event), "x-lasting": event in LASTING_EVENTS}


def _envelope_of(event: ServerEvent) -> str | None:
    if event in (ServerEvent.JOINED, ServerEvent.PONG):
        return None  # they say it themselves
    if event not in LASTING_EVENTS:
        return "Passing"
    return "LastingOfStaff" if event in STAFF_EVENTS else "Lasting"


def _message(name: str, payload: Mapping[str, Any], example: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    found = next((part for part in (payload, *payload.get("allOf", ())) if "$ref" in part), None)
    text = schemas[found["$ref"].removeprefix(_SCHEMAS)].get("description") if found else None
    return {
        "name": name,
        **({"summary": text} if text else {}),
        "payload": payload,
        "examples": [{"name": "example", "payload": example}],
    }


def _of_channel(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{_CHANNEL}/messages/{_key(name)}"}


def _key(name: str) -> str:
    """Names of components hold no colons or spaces."""
    return name.replace(" ", ".").replace(":", "-")
