"""The server's log: lines for people, or one JSON object a line for machines, with the request's id and no secret."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from gshop_studio.logs import RedactingFormatter, redact
from gshop_studio.server.operation import request_ids

_QUIET = ("alembic", "uvicorn", "httpx", "httpcore", "asyncio", "aiosqlite", "sqlalchemy", "python_multipart", "PIL")
"""At `debug` some of them say what they were given: chat, names, addresses."""
_LINE = "%(asctime)s server[%(process)d] %(levelname)s %(name)s%(request)s: %(message)s"
_SECRET_NAMES = ("key", "token", "password", "secret", "authorization")


def configure(form: Literal["console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send the log of this process to `stream` (stderr)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_formatter() if form == "json" else RedactingFormatter(_LINE))
    handler.addFilter(_add_request)
    handler.addFilter(_is_no_cancellation)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _json_formatter() -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    return ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _tidy,
            _redact_all,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
        ],
    )


def _add_request(record: logging.LogRecord) -> bool:
    """Name the request or event the line belongs to."""
    request_id = request_ids.current()
    record.request = f" [{request_id}]" if request_id else ""
    if request_id:
        record.requestId = request_id
    return True


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Requests given up when the server stops are no faults to log."""
    is_of_http = record.name == "uvicorn.error"
    return not (is_of_http and record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _tidy(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The fields every line has first, the others after them."""
    event.pop("request", None)
    head = {"at": event.pop("at"), "level": event.pop("level"), "logger": event.pop("logger")}
    return {**head, "message": event.pop("event"), **event}


def _redact_all(_logger: WrappedLogger, _method: str, event: EventDict) -> Mapping[str, Any]:
    """Before it becomes JSON, so that what is taken out cannot break the quoting."""
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): _redacted(str(key), item) for key, item in value.items()}
        case list() | tuple():
            return [_redacted(name, item) for item in value]
        case _ if any(secret in name.lower() for secret in _SECRET_NAMES):
            return "[redacted]"
        case _:
            return redact(str(value))
