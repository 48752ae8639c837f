"""What is redacted from every log line (case 44)."""

import logging

import pytest

from gshop_studio.logs import RedactingFormatter, redact


@pytest.mark.parametrize(
    "line",
    [
        "publishing to rtmp://host:1935/live/CANARY",
        "publishing to rtmps://host/app/CANARY?x=1",
        '{"streamKey": "CANARY"}',
        "stream_key=CANARY",
        "authorization: Bearer CANARY",
        "token=CANARY&x=1",
        "password: 'CANARY'",
        "the key sk_CANARYcanaryCANARYcanary is new",
        "GET /watch?from=CANARY HTTP/1.1",
        "redis://:CANARY@cache:6379 is gone",
        "CANARY.ann+x@mail.example.com wrote",
        "Bearer CANARY-token",
    ],
)
def test_secrets_are_redacted(line: str) -> None:
    """Case 44: a canary key or token is absent from logs."""
    assert "CANARY" not in redact(line)


def test_a_json_web_token_is_redacted_wherever_it_stands() -> None:
    """Case 44."""
    assert redact("got eyJhbGciOi.eyJzdWIi.sig-nature here") == "got [redacted] here"


def test_tracebacks_are_redacted_too() -> None:
    """Case 44."""
    try:
        raise ValueError("key=CANARY")
    except ValueError:
        import sys

        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    assert "CANARY" not in RedactingFormatter("%(message)s").format(record)


@pytest.mark.parametrize(
    "line", ["rtmp://host:1935/live", "keyframe at 3 s", "the monkey sat", "gshop-studio@0.1.0", "what? and/or?"]
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact(line) == line
