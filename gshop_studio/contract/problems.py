"""Errors on the wire: RFC 9457 problems with a stable code. Socket acknowledgements carry the same ones."""

from __future__ import annotations

from gshop_studio.contract.wire import Answer

PROBLEM_MEDIA_TYPE = "application/problem+json"


class FieldProblem(Answer):
    """One field that does not fit."""

    field: str
    """Dotted path in the body, e.g. `price`."""
    code: str
    detail: str


class Problem(Answer):
    """Why a request was not done. `code` is for programs, `detail` for the person, in their language."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []


class EventError(Answer):
    """The `error` of a socket acknowledgement that is not ok."""

    code: str
    detail: str
