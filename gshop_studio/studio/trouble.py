"""What went wrong, as the window needs it: a stable code, the text's parameters, and the server's own sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from gshop_studio.client.errors import ClientError
from gshop_studio.engine_protocol import Fault


@dataclass(frozen=True, slots=True)
class Trouble:
    """`detail` is in the person's language already, or empty: then the window has a text for the code."""

    code: str
    detail: str = ""
    params: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_error(cls, error: ClientError) -> Trouble:
        """Of a request that was not done."""
        return cls(error.code, error.detail, dict(error.params))

    @classmethod
    def of_fault(cls, fault: Fault) -> Trouble:
        """Of something the engine reports."""
        return cls(fault.code, "", dict(fault.params))
