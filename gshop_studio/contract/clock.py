"""Time as a person has it: their zone, and a time of their day."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from gshop_studio.domain.time_zones import is_time_zone

BAD_ZONE = "bad_zone"
"""The type of the validation error."""


def _check(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError(BAD_ZONE, "not a time zone")
    return name


TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_check)]
"""As America/Lima."""
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""As 23:00."""
