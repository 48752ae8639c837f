"""The log of the server: one JSON object a line, the request's id in it, and nothing secret (case 44)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.operation import log_format, request_ids

KEY = "sk_CANARYcanaryCANARYcanary"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARY-signature"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The root logger is left as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def written(form: Any, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    log_format.configure(form, level, stream)
    return stream


def test_a_line_is_an_object_with_its_fields() -> None:
    stream = written("json")
    logging.getLogger("gshop_studio.x").warning("%d seats", 3, extra={"route": "/api", "ms": 1.5})
    logging.getLogger("gshop_studio.x").debug("not told")
    line = json.loads(stream.getvalue())
    assert list(line)[:4] == ["at", "level", "logger", "message"]
    assert line["message"] == "3 seats" and line["level"] == "warning" and line["logger"] == "gshop_studio.x"
    assert line["route"] == "/api" and line["ms"] == 1.5 and line["at"].endswith("Z")


@pytest.mark.parametrize("name", ["aiosqlite", "sqlalchemy.engine.Engine", "python_multipart.multipart"])
def test_at_debug_no_library_says_what_it_was_given(name: str) -> None:
    """A driver tells each statement with its values: chat, names, addresses."""
    stream = written("console", "debug")
    logging.getLogger(name).debug("executing %s", "INSERT ... 'CANARY'")
    logging.getLogger("gshop_studio.x").debug("told")
    assert "told" in stream.getvalue() and "CANARY" not in stream.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
def test_every_line_of_a_request_has_its_id(form: str) -> None:
    stream = written(form)
    logging.getLogger("x").info("outside")
    with request_ids.fresh() as outer:
        logging.getLogger("x").info("within")
        with request_ids.fresh() as inner:
            logging.getLogger("x").info("an event within")
        logging.getLogger("x").info("within again")
    lines = stream.getvalue().splitlines()
    assert [(outer in line, inner in line) for line in lines] == [
        (False, False), (True, False), (False, True), (True, False)
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_are_redacted_wherever_they_stand(form: str) -> None:
    """case 44: in the message, its fields, nested ones and tracebacks."""
    stream = written(form)
    log = logging.getLogger("x")
    log.info("publishing %s by %s at /a?token=CANARY&x=CANARY", KEY, TOKEN)
    log.info(
        "ann.CANARY@example.com wrote, authorization: Bearer CANARY",
        extra={"streamKey": KEY, "detail": {"password": "CANARY"}},
    )
    log.info("fields", extra={"many": [{"refresh_token": "CANARY"}, TOKEN]})
    try:
        raise ValueError(f"redis://:CANARY@cache/0 refused {KEY}")
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "CANARY" not in text and "ValueError" in text and "/a?" in text
    if form == "json":
        assert all(json.loads(line) for line in text.splitlines())


@given(message=st.text(), field=st.text())
def test_whatever_is_logged_a_line_stays_one_object(message: str, field: str) -> None:
    stream = written("json")
    logging.getLogger("x").info("%s", message, extra={"note": field})
    assert len(stream.getvalue().strip("\n").split("\n")) == 1
    assert set(json.loads(stream.getvalue())) == {"at", "level", "logger", "message", "note"}


@pytest.mark.parametrize(
    ("claimed", "is_kept"),
    [("0123456789abcdef", True), ("a" * 64, True), ("short", False), ("a" * 65, False), ("a b c d e f g", False),
     ("line\nbreak-in-it", False), (None, False), ("", False)],
)  # fmt: skip
def test_a_proxys_id_is_taken_if_it_is_one(claimed: str | None, is_kept: bool) -> None:
    request, before = copy_context(), request_ids.current()
    request_id = request.run(request_ids.accept, claimed)
    assert (request_id == claimed) is is_kept and request.run(request_ids.current) == request_id
    assert request_ids.current() == before, "it stays in its request"
    assert len(request_id) >= 8
