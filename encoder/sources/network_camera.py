"""A phone or network camera by its address: RTSP, or HTTP with a JPEG after the other.

The address may hold a user's name, a password or a token. `shown_address` is what is told of it, everywhere.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import av

from encoder.clock import Clock
from encoder.errors import SourceError
from encoder.picture import FrameShape
from encoder.sources.av_feed import AvFeed
from encoder.sources.camera_formats import limited_range
from encoder.sources.live_pictures import LivePictures
from encoder.sources.network_address import SCHEMES, is_network_address, shown_address
from gshop_studio.engine_protocol import Fault

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_OPEN_TIMEOUT_S = 6.0
_READ_TIMEOUT_S = 4.0
_SILENT_CAMERA_S = 3.0
"""Wireless networks pause for a second or two."""
_PROTOCOLS = "http,https,httpproxy,rtsp,rtp,rtcp,udp,tcp,tls,srtp,crypto,data"
"""An answer that points at a file of this machine is not followed."""
_COMMON = {
    "protocol_whitelist": _PROTOCOLS,
    "fflags": "nobuffer",
    "flags": "low_delay",
    "probesize": "500000",
    "analyzeduration": "500000",
}

OpenAddress = Callable[[str], av.container.InputContainer]


def open_with_av(address: str) -> av.container.InputContainer:
    """Blocks for as long as the time-outs say.

    Raises:
        OSError: the name is not known; libav would only say that something failed.
        av.error.FFmpegError: nothing of use is there.
    """
    parts = urlsplit(address)
    socket.getaddrinfo(parts.hostname, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
    if address.casefold().startswith("rtsp"):
        # Over TCP: a picture lost to UDP is grey until the next keyframe.
        options = _COMMON | {"rtsp_transport": "tcp", "timeout": str(round(_READ_TIMEOUT_S * 1e6))}
    else:
        options = _COMMON | {"rw_timeout": str(round(_READ_TIMEOUT_S * 1e6))}
    return av.open(address, options=options, timeout=(_OPEN_TIMEOUT_S, _READ_TIMEOUT_S))


class NetworkCamera(LivePictures):
    """An open network camera."""

    def __init__(
        self,
        address: str,
        clock: Clock,
        shape: FrameShape,
        kind: str = "network",
        open_address: OpenAddress = open_with_av,
    ) -> None:
        """Connect, and wait for the first picture.

        Args:
            address: With user and password, if it needs them.
            clock: The engine's. A picture counts as captured when it arrives.
            shape: Of the pictures, at first.
            kind: What stands before the address in the source's name.
            open_address: libav's.

        Raises:
            SourceError: `source.unreadable`, `source.no_video`, `source.bad_name`.
        """
        shown = shown_address(address)
        if not is_network_address(address):
            hint = ", ".join(f"{scheme}://" for scheme in SCHEMES)
            raise SourceError(Fault("source.bad_name", {"source": f"{kind}:{shown}", "hint": hint}))
        label = f"camera {shown}"
        super().__init__(
            f"{kind}:{shown}",
            label,
            AvFeed(label, clock, lambda: open_address(address), limited_range),
            clock,
            shape,
            first_picture_s=_OPEN_TIMEOUT_S + 2.0,
            patience_s=_SILENT_CAMERA_S,
        )
