"""Logging of every process of ours: one line an entry on stderr, secrets redacted. Standard library only."""

from __future__ import annotations

import logging
import re
import sys

_REDACTED = "[redacted]"
_PATTERNS = (
    # A JSON web token, wherever it stands.
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"),
    # name=value and "name": "value" of what must never be read in a log.
    re.compile(
        r"""(?ix)(["']?\b(?:stream_?key|key|token|access_?token|refresh_?token|password|secret|authorization)\b["']?
        \s*[=:]\s*["']?(?:bearer\s+)?)([^\s"',&}]+)"""
    ),
    # rtmp(s)://host/app/KEY
    re.compile(r"(?i)(rtmps?://[^/\s]+/[^/\s]+/)([^\s\"']+)"),
)


def redact(text: str) -> str:
    """The text without keys, tokens and passwords."""
    text = _PATTERNS[0].sub(_REDACTED, text)
    for pattern in _PATTERNS[1:]:
        text = pattern.sub(lambda match: match.group(1) + _REDACTED, text)
    return text


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
