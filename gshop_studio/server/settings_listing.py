"""The settings as `serve --print-config` shows them: TOML that could be the file, each with its source, no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

from gshop_studio.server.settings import Settings, Source

MASK = "********"


def listing(settings: Settings) -> str:
    """One line a setting; what is not set, and what holds a secret, is commented out."""
    lines = [f"# the file read: {settings.file or 'none'}"]
    lines += [_line(name, getattr(settings.config, name), source) for name, source in settings.sources.items()]
    lines += [f"# warning: {warning}" for warning in settings.warnings]
    return "\n".join(lines) + "\n"


def without_secrets(url: str) -> str:
    """A URL without its password and without what its query says."""
    parts = urlsplit(url)
    who, at, host = parts.netloc.rpartition("@")
    name, colon, _ = who.partition(":")
    netloc = f"{name}{colon}{MASK if colon else ''}{at}{host}"
    query = urlencode([(key, MASK) for key, _ in parse_qsl(parts.query, keep_blank_values=True)], safe="*")
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))


def _line(name: str, value: Any, source: Source) -> str:
    if value is None:
        return f"# {name} is not set"
    text = _toml(value)
    return f"{'# ' if MASK in text else ''}{name} = {text}  # {source}"


def _toml(value: Any) -> str:
    match value:
        case SecretStr():
            return json.dumps(MASK)
        case bool() | int() | float():
            return json.dumps(value)
        case list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case Path():
            return json.dumps(str(value), ensure_ascii=False)
        case _:
            text = str(value)
            return json.dumps(without_secrets(text) if "://" in text else text, ensure_ascii=False)
