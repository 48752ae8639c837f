"""The window's icons: one family (Phosphor), in the theme's colours."""

from __future__ import annotations

from enum import StrEnum

import qtawesome
from PySide6.QtGui import QIcon

from ui.tokens import Tokens


class Icon(StrEnum):
    """What an icon stands for, and its name in the family."""

    APP = "ph.broadcast-bold"
    CAMERA = "ph.video-camera"
    MICROPHONE = "ph.microphone"
    MICROPHONE_OFF = "ph.microphone-slash"
    QUALITY = "ph.gauge"
    SEARCH = "ph.magnifying-glass"
    SEND = "ph.paper-plane-right-fill"
    MENU = "ph.dots-three-outline-vertical-fill"
    VIEWERS = "ph.eye"
    LINK = "ph.link"
    OPEN = "ph.arrow-square-out"
    GOOD = "ph.check-circle-fill"
    WARN = "ph.warning-fill"
    BAD = "ph.warning-circle-fill"
    INFO = "ph.info"
    COMPUTER = "ph.desktop"
    SHOP = "ph.storefront"
    PRODUCT = "ph.package"
    CHAT = "ph.chat-circle-text"
    ON_AIR = "ph.record-fill"
    NO_PICTURE = "ph.video-camera-slash"
    CLOSE = "ph.x"


class Icons:
    """Draws icons in a theme's colours."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def get(self, icon: Icon, colour: str = "text-2", disabled: str = "text-3") -> QIcon:
        """The icon in a colour of the tokens."""
        made: QIcon = qtawesome.icon(
            icon.value, color=self._tokens[colour], color_disabled=self._tokens[disabled], color_active=None
        )
        return made
