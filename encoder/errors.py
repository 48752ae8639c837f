"""What the engine raises when something is wrong that a person must be told."""

from __future__ import annotations

import errno
import os

from gshop_studio.engine_protocol import Fault


class EngineError(Exception):
    """Carries the fault: a stable code and what its text needs. Never a key."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class SourceError(EngineError):
    """A source cannot be opened or read."""


class EncoderError(EngineError):
    """Pictures or sound cannot be encoded."""


class OutputError(EngineError):
    """An output cannot go on.

    Attributes:
        is_final: Trying again would not help (a refused key); otherwise whoever owns the output tries again.
    """

    def __init__(self, fault: Fault, *, is_final: bool = False) -> None:
        super().__init__(fault)
        self.is_final = is_final


BUGS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a mistake of ours raises. Only loops that a show must not lose catch these, log them and go on."""


def reason_of(error: BaseException) -> str:
    """A short reason for a person: the system's own words, without the addresses that Python adds to some."""
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
