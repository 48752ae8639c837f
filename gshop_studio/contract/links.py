"""Links people give us: to be shown and opened by others, never fetched by the server."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

MAX_LINK_CHARACTERS = 500
BAD_LINK = "bad_link"
"""The type of the validation error."""
_UNSAFE = re.compile(r"[\s\"'<>`\\{}|^\x00-\x20\x7f-\x9f\u2028\u2029]")


def is_web_link(text: str) -> bool:
    """Whether it is an absolute http(s) URL without a user's name, and without a character that could end the
    attribute, or the CSS, it is put into."""
    if _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # a port that is none raises
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and "@" not in parts.netloc


def _check(text: str) -> str:
    if not is_web_link(text):
        raise PydanticCustomError(BAD_LINK, "not an http or https URL")
    return text


WebLink = Annotated[str, StringConstraints(max_length=MAX_LINK_CHARACTERS), AfterValidator(_check)]
