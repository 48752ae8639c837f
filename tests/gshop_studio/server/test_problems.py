"""What the server answers when it does not do what was asked."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import gshop_studio.server
from gshop_studio.contract.problems import Problem
from gshop_studio.contract.rest import Role
from gshop_studio.server.refusals import FIELD_TEXTS, REFUSALS
from tests.gshop_studio.server.shop import Person, Shop


async def test_unknown_addresses_and_methods(shop: Shop) -> None:
    assert await shop.refused("request.not_found", "GET", "nope") == 404
    response = await shop.send("PUT", "products")
    assert response.status_code == 405 and response.json()["code"] == "request.method_not_allowed"
    assert "GET" in response.headers["allow"]


async def test_each_field_that_does_not_fit_is_named(shop: Shop) -> None:
    wish = {"email": "nobody", "password": "short", "displayName": "", "role": "king", "shoeSize": 43}
    response = await shop.send("POST", "auth/register", json=wish)
    problem = Problem.model_validate(response.json())
    assert {(error.field, error.code) for error in problem.errors} == {
        ("email", "field.bad_email"),
        ("password", "field.too_short"),
        ("displayName", "field.too_short"),
        ("role", "field.not_a_choice"),
        ("shoeSize", "field.unknown"),
    }
    assert "Role" not in response.text, "people are told the choices, not how Python names them"
    assert "short" not in {error.detail for error in problem.errors}, "a password is not repeated"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "This is not one of the choices: 'en', 'es', or 'pt'."),
        ("es", "No es una de las opciones: 'en', 'es' o 'pt'."),
        ("pt", "Não é uma das opções: 'en', 'es' ou 'pt'."),
    ],
)
async def test_choices_are_joined_as_the_language_does(shop: Shop, language: str, told: str) -> None:
    wish = {"email": "a@example.com", "password": "long enough", "displayName": "A", "language": "fr"}
    response = await shop.send("POST", f"auth/register?lang={language}", json=wish)
    assert [error["detail"] for error in response.json()["errors"]] == [told]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"nul", b'{"a":' * 5_000, b"[]", b"5", b'"x"', b"null"])
async def test_bodies_that_are_no_json_object(shop: Shop, body: bytes) -> None:
    """case 6, over REST."""
    response = await shop.send("POST", "auth/login", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "headers", "account", "detail"),
    [
        ("?lang=pt", {"Accept-Language": "es"}, "es", "Esse show não existe."),
        ("", {"Accept-Language": "fr, es-AR;q=0.8"}, "pt", "No existe ese show."),
        ("?lang=xx", {}, "pt", "Esse show não existe."),
        ("", {}, None, "There is no such show."),
    ],
)
async def test_a_problem_is_told_in_the_callers_language(
    shop: Shop, query: str, headers: dict[str, str], account: str | None, detail: str
) -> None:
    auth = {}
    if account:
        wish = {"email": "x@example.com", "password": "long enough", "displayName": "X", "language": account}
        made = await shop.ask("POST", "auth/register", json=wish, status=201)
        auth = {"Authorization": f"Bearer {made['accessToken']}"}
    response = await shop.send("GET", f"live/streams/nope{query}", headers={**headers, **auth})
    assert response.json()["detail"] == detail
    assert response.headers["content-language"] in ("en", "es", "pt")


async def test_a_huge_body_is_refused_before_it_is_read(shop: Shop, seller: Person) -> None:
    """case 40: by the length declared, before the body comes; without one, once it passes the limit."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(shop.url.rpartition(":")[2]))
    writer.write(b"POST /api/v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n{")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()

    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 65536

    headers = {"Content-Type": "application/json"}
    assert (
        await shop.refused("request.too_large", "POST", "products", seller, content=endless(), headers=headers) == 413
    )
    big = b'{"name":"' + b"x" * 1_100_000 + b'"}'
    assert await shop.refused("request.too_large", "POST", "products", seller, content=big, headers=headers) == 413


async def test_a_fault_of_ours_tells_nothing_of_our_insides(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(type(shop.server.services.streams), "get", broken)
    monkeypatch.setattr(type(shop.server.services.chat), "post", broken)
    response = await shop.send("GET", "live/streams/x")
    assert response.status_code == 500 and response.json()["code"] == "server.internal"
    assert "secret" not in response.text and "Traceback" not in response.text
    listener = await shop.listener(await shop.guest())
    answer = await listener.call("live:message", {"streamId": "x", "message": "hi"})
    assert answer["error"]["code"] == "server.internal" and "secret" not in str(answer)
    assert "the secret inside" in caplog.text, "it is noted for us"


async def test_answers_carry_the_cheap_protections(shop: Shop) -> None:
    for path in ("/api/v1/live/streams", "/health", "/api/v1/nope", "/openapi.json"):
        response = await shop.http.get(path)
        assert response.headers["x-content-type-options"] == "nosniff", path
    assert (await shop.http.get("/api/v1/live/streams")).headers["cache-control"] == "no-store"


def test_every_code_raised_has_a_text_and_every_text_a_use() -> None:
    folder = Path(str(gshop_studio.server.__file__)).parent
    sources = "\n".join(
        path.read_text() for path in folder.rglob("*.py") if path.name != "refusals.py" and "media" not in path.parts
    )
    quoted = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', sources))
    assert {code for code in (*REFUSALS, *FIELD_TEXTS) if code not in quoted} == set(), "texts nobody uses"
    raised = set(re.findall(r'Refused\(\s*"([^"]+)"', sources)) | set(
        re.findall(r'FieldRefusal\([^"]*"(field\.[^"]+)"', sources)
    )
    assert raised <= {*REFUSALS, *FIELD_TEXTS}


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "code"),
    [
        ("POST", "users/me/addresses", {"recipient": "Ana", "line1": "x", "city": "Lima", "country": "Peru"}, "country",
         "field.bad_country"),
        ("POST", "products", {"name": "Mug", "price": 1, "currency": "XX"}, "currency", "field.bad_currency"),
        ("PATCH", "users/me/preferences", {"quietFrom": "25:00"}, "quietFrom", "field.bad_time"),
        ("GET", "live/streams/scheduled?date=08-12-2026", None, "date", "field.bad_date"),
        ("POST", "live/schedules", {"title": "Sale", "scheduledDate": "mañana"}, "scheduledDate", "field.bad_moment"),
    ],
)  # fmt: skip
async def test_the_form_that_is_needed_is_named(
    shop: Shop, method: str, path: str, body: Any, field: str, code: str
) -> None:
    seller = await shop.person(Role.SELLER)
    answer = await shop.ask(method, path, seller, json=body, status=422)
    found = {error["field"]: error for error in answer["errors"]}
    assert found[field]["code"] == code and "such as" in found[field]["detail"]
