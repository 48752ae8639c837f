"""The OpenAPI document: complete, its examples valid, its names stable. A new route is held to it like the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gshop_studio.contract.problems import PROBLEM_MEDIA_TYPE
from gshop_studio.server.openapi_examples import example_of
from gshop_studio.server.refusals import REFUSALS
from tests.gshop_studio.server.shop import Shop

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
async def document(tmp_path: Path) -> dict[str, Any]:
    async with Shop(tmp_path / "data") as shop:
        answer = await shop.http.get("/openapi.json")
        found: dict[str, Any] = answer.json()
        return found


def operations_of(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


async def test_every_operation_says_what_it_does_and_where_it_belongs(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    operations = list(operations_of(document))
    assert len(operations) > 60
    known = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations:
        assert operation.get("summary"), (path, method)
        assert len(operation["tags"]) == 1 and operation["tags"][0] in known, (path, method, operation["tags"])
    assert all(tag["description"] for tag in document["tags"])


async def test_operation_ids_are_plain_names_used_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations_of(document)]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert all(name.isidentifier() and "_" not in name for name in names)
    assert {"register", "logIn", "createStream", "startStream", "postMessage", "highlightProduct"} <= set(names)


async def test_every_operation_says_what_may_go_wrong(document: dict[str, Any]) -> None:
    for path, method, operation in operations_of(document):
        wanted = {"500"}
        if path.startswith("/api/"):
            wanted |= {"401", "403", "429", "503"}
        if "requestBody" in operation:
            wanted |= {"400", "413", "422"}
        if "{" in path:
            wanted |= {"404"}
        if method != "get":
            wanted |= {"507"}
        assert wanted - operation["responses"].keys() == set(), (path, method)
        for status, response in operation["responses"].items():
            if int(status) >= 400 and path != "/ready":
                assert list(response["content"]) == [PROBLEM_MEDIA_TYPE], (path, method, status)
                assert "`" in response["description"], "its codes are named"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_a_lock_is_where_it_matters_who_asks(document: dict[str, Any]) -> None:
    open_to_all = {
        "enterAsGuest", "getCategories", "getProduct", "getSigningKey", "listActiveStreams", "logIn", "logOut",
        "refresh", "register",
    }  # fmt: skip
    for path, _, operation in operations_of(document):
        if path.startswith("/api/"):
            has_lock = operation["operationId"] not in open_to_all
            assert operation.get("security") == ([{}, {"bearer": []}] if has_lock else None), path
    assert "security" not in document


async def test_graphql_is_named(document: dict[str, Any]) -> None:
    assert "`POST /graphql`" in document["info"]["description"]


async def test_every_example_is_valid(document: dict[str, Any]) -> None:
    count = 0
    for path, method, operation in operations_of(document):
        for where, content in _contents(operation):
            if where.startswith("body") or where[0] == "2":
                assert "example" in content, (path, method, where)
            if "example" in content:
                schema = {**content["schema"], "components": document["components"]}
                errors = list(
                    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).iter_errors(content["example"])
                )
                assert not errors, (path, method, where, content["example"], str(errors[0]))
                count += 1
    assert count > 300


def _contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if (body := operation.get("requestBody")) and "application/json" in body["content"]:
        yield "body", body["content"]["application/json"]
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if media_type in ("application/json", PROBLEM_MEDIA_TYPE) and content.get("schema"):
                yield status, content


async def test_every_code_is_told_where_it_may_come(document: dict[str, Any]) -> None:
    told = str(
        [
            response["description"]
            for *_, operation in operations_of(document)
            for response in operation["responses"].values()
        ]
    )
    not_of_rest = {"request.unknown_event", "request.method_not_allowed"}
    of_sockets = {code for code in REFUSALS if code.startswith(("event.", "connection."))}
    assert {code for code in REFUSALS if f"`{code}`" not in told} <= not_of_rest | of_sockets


async def test_the_document_itself_is_openapi(document: dict[str, Any]) -> None:
    """Each reference leads somewhere, and each schema is one."""
    text = json.dumps(document)
    references = {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references and all(
        reference.rpartition("/")[2] in document["components"][reference.split("/")[2]] for reference in references
    )
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


_TITLED = {"type": "object", "properties": {"a": {"type": "string"}, "title": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": "integer", "maximum": 2}, 2),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, False),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}, ["a", "a"]),
        ({"$ref": "#/components/schemas/Deep"}, {"deep": None}),
        (_TITLED, {"title": "Autumn sale"}),
    ],
)
def test_an_example_fits_its_schema(schema: dict[str, Any], example: Any) -> None:
    deep = {"type": "object", "properties": {"deep": {"type": "null"}}, "required": ["deep"]}
    assert example_of(schema, {"Deep": deep}, is_request=True) == example
