"""The OpenAPI document a server gives, and whether an answer is as it says."""

from __future__ import annotations

from typing import Any

import httpx
import schemathesis

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class OpenApi:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._schema = schemathesis.openapi.from_dict(document)

    @property
    def names(self) -> set[str]:
        """Of all operations, as `GET /health`."""
        paths = self.document["paths"].items()
        return {f"{method.upper()} {path}" for path, methods in paths for method in methods if method in _METHODS}

    def check(self, method: str, path: str, response: httpx.Response) -> None:
        """The answer is documented: its status, its media type, and its body."""
        documented = self.document["paths"][path][method.lower()]["responses"]
        where = f"{method} {path}"
        assert str(response.status_code) in documented, f"{where} does not document {response.status_code}"
        media_type = response.headers.get("content-type", "").partition(";")[0]
        known = documented[str(response.status_code)].get("content", {})
        if response.content or known:
            assert media_type in known, f"{where} {response.status_code} does not document {media_type}"
        self._schema[path][method].validate_response(_plain(response))
        self._check_names(known.get(media_type, {}).get("schema", {}), response)

    def _check_names(self, schema: dict[str, Any], response: httpx.Response) -> None:
        """No field is sent that is not in the document. A schema alone lets others pass."""
        if response.content and "$ref" in schema:
            named = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            if "properties" in named:
                assert set(response.json()) <= set(named["properties"])


def _plain(response: httpx.Response) -> httpx.Response:
    """The same answer to a request without a body: an upload's is gone once it is sent."""
    request = httpx.Request(response.request.method, response.request.url, headers=response.request.headers)
    headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
    copy = httpx.Response(response.status_code, headers=headers, content=response.content, request=request)
    copy.elapsed = response.elapsed
    return copy
