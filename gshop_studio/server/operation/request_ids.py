"""The id of the request or event at hand: in every line of the log that belongs to it, and in the answer's header."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-request-id"
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current() -> str | None:
    """None outside of requests and events."""
    return _current.get()


def accept(claimed: str | None) -> str:
    """The id a proxy in front gave, if it is one, else a new one; it is the current one from here on."""
    request_id = claimed if claimed is not None and _SANE.fullmatch(claimed) else secrets.token_hex(8)
    _current.set(request_id)
    return request_id


@contextmanager
def fresh() -> Iterator[str]:
    """A new id for what is done within: one event of a socket, one turn of a job."""
    token = _current.set(secrets.token_hex(8))
    try:
        yield _current.get() or ""
    finally:
        _current.reset(token)
