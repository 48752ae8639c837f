"""Why the server did not start, for the person who started it."""

from __future__ import annotations

from gshop_studio.engine_protocol import Fault


class StartFailed(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault
