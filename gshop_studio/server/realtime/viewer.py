"""What is kept of a viewer: by which key, with what device, from which country, and from where they came. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Device(StrEnum):
    MOBILE = "mobile"
    TABLET = "tablet"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class ViewerTraits:
    device: Device = Device.WEB
    country: str | None = None
    """Two letters (ISO 3166), only where a proxy says it and is believed."""


_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Android(?!.*Mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"Mobi|iPhone|iPod|Windows Phone|Opera Mini", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_NO_COUNTRY = frozenset({"XX", "ZZ", "T1"})
"""What proxies say where they do not know."""


def person_key(user_id: str) -> str:
    """How a signed-in viewer is named among viewers, in presence and in the tables."""
    return f"user:{user_id}"


def device_of(user_agent: str) -> Device:
    """The kind of device a `User-Agent` names; anything else is a computer's browser, or the studio."""
    if _TABLET.search(user_agent):
        return Device.TABLET
    return Device.MOBILE if _MOBILE.search(user_agent) else Device.WEB


def country_of(header: str) -> str | None:
    """The country a proxy's header names."""
    code = header.strip().upper()
    return code if _COUNTRY.fullmatch(code) and code not in _NO_COUNTRY else None
