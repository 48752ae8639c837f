"""Logging of every process of ours: one line an entry on stderr, secrets redacted. Standard library only."""

from __future__ import annotations

import logging
import re
import sys

_REDACTED = "[redacted]"
_JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_STREAM_KEY = re.compile(r"\bsk_[\w-]{16,}")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_USER_OF_URL = re.compile(r"(://)[^/\s@\"']+@")
_AFTER_A_NAME = (
    # name=value and "name": "value" of what must never be read in a log.
    re.compile(
        r"""(?ix)(["']?\b(?:stream_?key|key|(?:access_?|refresh_?)?token|password|secret|authorization)\b["']?
        \s*[=:]\s*["']?(?:bearer\s+)?)([^\s"',&}]+)"""
    ),
    re.compile(r"(?i)(\bbearer\s+)([\w.~+/=-]{8,})"),
    # rtmp(s)://host/app/KEY
    re.compile(r"(?i)(rtmps?://[^/\s]+/[^/\s]+/)([^\s\"']+)"),
    # What a URL's query says.
    re.compile(r"(/[^\s?\"']*\?)([^\s\"']+)"),
)


def redact(text: str) -> str:
    """The text without keys, tokens, passwords, e-mail addresses and what the queries of URLs say."""
    text = _JSON_WEB_TOKEN.sub(_REDACTED, text)
    text = _STREAM_KEY.sub(_REDACTED, text)
    for pattern in _AFTER_A_NAME:
        text = pattern.sub(lambda match: match.group(1) + _REDACTED, text)
    text = _USER_OF_URL.sub(rf"\1{_REDACTED}@", text)
    return _EMAIL.sub(_REDACTED, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record, tracebacks included, and redacts the outcome as a whole."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(process: str, level: int = logging.INFO) -> None:
    """Send the log of this process to stderr. `process` names it: engine, server, studio."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(f"%(asctime)s {process}[%(process)d] %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
