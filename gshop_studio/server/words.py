"""What the server says to a person: refusals in their language."""

from __future__ import annotations

from gshop_studio.contract.problems import FieldProblem
from gshop_studio.server.refusals import FIELD_TEXTS, REFUSALS, FieldRefusal, Refused
from gshop_studio.texts import catalogue


def detail_of(refusal: Refused, language: str) -> str:
    """Why it was not done, for the person."""
    return _say(REFUSALS[refusal.code].text, language, refusal.params)


def field_problem(refusal: FieldRefusal, language: str) -> FieldProblem:
    """What is wrong with one field, for the person."""
    text = _say(FIELD_TEXTS[refusal.code], language, dict(refusal.params))
    return FieldProblem(field=refusal.field, code=refusal.code, detail=text)


def _say(text: str, language: str, params: dict[str, str]) -> str:
    return catalogue("server", language).gettext(text).format_map(params)
