"""Reports of faults to Sentry, where its address is set: scrubbed like the log, without anything of a person.

Neither the library is imported nor anything sent without `GSHOP_SENTRY_DSN`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gshop_studio.logs import redact
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.operation import request_ids

_FLUSH_S = 2.0
_SECRET_NAMES = ("key", "token", "password", "secret", "authorization", "cookie", "email", "dsn")
_PERSONAL = ("user", "request", "server_name")


@contextmanager
def reporting(config: ServerConfig, version: str) -> Iterator[None]:
    """While it lasts, what is logged as an error is reported too."""
    if config.sentry_dsn is None:
        yield
        return
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(  # by default nothing of a person is sent; saying so is deprecated
        dsn=config.sentry_dsn.get_secret_value(),
        release=f"gshop-studio@{version}",
        environment=config.sentry_environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None)],
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_before_send,
    )
    try:
        yield
    finally:
        sentry_sdk.get_client().close(timeout=_FLUSH_S)


def _before_send(event: Any, _hint: Mapping[str, Any]) -> Any:
    return scrub(event)


def scrub(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event without what names a person or holds a secret; with the request's id, to find it in the log."""
    kept = {name: _scrubbed(name, value) for name, value in event.items() if name not in _PERSONAL}
    if (request_id := request_ids.current()) is not None:
        kept["tags"] = {**(kept.get("tags") or {}), "request_id": request_id}
    return kept


def _scrubbed(name: str, value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _scrubbed(str(key), item) for key, item in value.items()}
        case list() | tuple():
            return [_scrubbed(name, item) for item in value]
        case str():
            return "[redacted]" if any(secret in name.lower() for secret in _SECRET_NAMES) else redact(value)
        case _:
            return value
