"""The AsyncAPI document a server gives, and whether what goes over its sockets is as it says."""

from __future__ import annotations

from typing import Any

import jsonschema_rs


class AsyncApi:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    @property
    def keys(self) -> set[str]:
        """Of all messages, as `emit.live-join`, `ack.live-join` and `on.live-joined`."""
        return set(self._document["components"]["messages"])

    def check(self, kind: str, event: str, payload: Any) -> None:
        """The payload is documented: nothing is missing, and nothing is there besides."""
        schema = self._document["components"]["messages"][f"{kind}.{event.replace(':', '-')}"]["payload"]
        components = self._document["components"]
        errors = list(jsonschema_rs.Draft202012Validator({**schema, "components": components}).iter_errors(payload))
        assert not errors, (kind, event, payload, str(errors[0]))
        if kind == "on":
            assert set(payload) <= self._names(schema), (event, payload)

    def _names(self, schema: dict[str, Any]) -> set[str]:
        names = set(schema.get("properties", ()))
        for part in schema.get("allOf", ()):
            names |= self._names(part)
        if "$ref" in schema:
            names |= self._names(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        return names
