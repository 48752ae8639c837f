"""Turns pydantic's errors into our field refusals: stable codes and our own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gshop_studio.contract.clock import BAD_ZONE
from gshop_studio.contract.links import BAD_LINK
from gshop_studio.server.refusals import FieldRefusal

_CODES = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "string_too_short": "field.too_short",
    "too_short": "field.too_short",
    "string_too_long": "field.too_long",
    "too_long": "field.too_long",
    "greater_than_equal": "field.too_small",
    "greater_than": "field.too_small",
    "less_than_equal": "field.too_large",
    "less_than": "field.too_large",
    "enum": "field.not_a_choice",
    "literal_error": "field.not_a_choice",
    "string_pattern_mismatch": "field.bad_pattern",
    "json_invalid": "field.bad_json",
    "date_parsing": "field.bad_date",
    "date_from_datetime_parsing": "field.bad_date",
    "datetime_parsing": "field.bad_moment",
    "datetime_from_date_parsing": "field.bad_moment",
    "timezone_aware": "field.bad_moment",
    BAD_LINK: "field.bad_link",
    BAD_ZONE: "field.bad_zone",
}
_FORMS = {
    r"^[A-Z]{2}$": "field.bad_country",
    r"^[A-Z]{3}$": "field.bad_currency",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "field.bad_time",
}
"""What the forms that people write by hand are called."""
_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt")
_WHERE = frozenset({"body", "query", "path", "header"})


def field_refusals(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldRefusal, ...]:
    """One for each of pydantic's errors; what was sent is not repeated, because it may be a secret."""
    return tuple(_field_refusal(error) for error in errors)


_ENUM_REPR = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""How pydantic names the members of an enum; people are told the value alone."""
_BETWEEN = re.compile(r"(?<=') or (?=')")
"""How it joins the last two; people are told so in their language."""


def _field_refusal(error: Mapping[str, Any]) -> FieldRefusal:
    kind = str(error["type"])
    path = [str(part) for part in error["loc"]]
    if path and path[0] in _WHERE:
        path = path[1:]
    context = error.get("ctx") or {}
    if kind == "json_invalid":
        return FieldRefusal("", "field.bad_json")
    if kind == "value_error" and path and path[-1] == "email":
        return FieldRefusal(".".join(path), "field.bad_email")
    code = _CODES.get(kind) or ("field.wrong_type" if kind.endswith(("_type", "_parsing")) else "field.invalid")
    code = _FORMS.get(str(context.get("pattern")), code)
    params: list[tuple[str, str]] = []
    for name in _LIMITS:
        if name in context:
            params.append(("limit", str(context[name])))
    if code == "field.not_a_choice":
        choices = _ENUM_REPR.sub(r"\1", str(context.get("expected", "")))
        params.append(("choices", _BETWEEN.sub(", ", choices)))
    return FieldRefusal(".".join(path), code, tuple(params))
