"""The time zone a report is read in."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gshop_studio.server.refusals import FieldRefusal, Refused


def require_zone(name: str) -> None:
    """Let pass a zone this machine knows.

    Raises:
        Refused: `request.invalid`.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused("request.invalid", errors=(FieldRefusal("timeZone", "field.invalid"),)) from error
