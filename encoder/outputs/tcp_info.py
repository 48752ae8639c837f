"""What the system's TCP says of a connection: how much the other end has acknowledged. Linux only; None elsewhere.

Source: Linux, include/uapi/linux/tcp.h (struct tcp_info; it only ever grows at its end) and tcp(7), SIOCOUTQ.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from typing import Protocol

_WANTED_BYTES = 256
_RTT_US = struct.Struct("=I")
_RTT_OFFSET = 68
_BYTES_ACKED = struct.Struct("=Q")
_BYTES_ACKED_OFFSET = 120
"""Since Linux 4.1; a shorter answer is an older kernel's, or an imitation of one."""


@dataclass(frozen=True, slots=True)
class TcpProgress:
    """How far one connection's bytes have come."""

    acked_bytes: int
    """Of ours, acknowledged by the other end's TCP since the connection began."""
    waiting_bytes: int
    """Of ours, in the kernel: sent and not yet acknowledged, or not yet sent."""
    round_trip_ms: float
    """Smoothed, as TCP sees it."""


class SocketLike(Protocol):
    """A socket, or what asyncio gives for one."""

    def fileno(self) -> int: ...

    def getsockopt(self, level: int, option: int, length: int, /) -> bytes: ...


def read_tcp_progress(connection: SocketLike) -> TcpProgress | None:
    """None where the platform does not tell, or the connection is closed."""
    if sys.platform != "linux" or connection.fileno() < 0:
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WANTED_BYTES)
        waiting_bytes = _waiting_bytes(connection.fileno())
    except OSError:
        return None
    return parse_tcp_info(info, waiting_bytes)


def parse_tcp_info(info: bytes, waiting_bytes: int) -> TcpProgress | None:
    """The fields we use of a `struct tcp_info`; None if it is too short to hold them."""
    if len(info) < _BYTES_ACKED_OFFSET + _BYTES_ACKED.size:
        return None
    (acked_bytes,) = _BYTES_ACKED.unpack_from(info, _BYTES_ACKED_OFFSET)
    (round_trip_us,) = _RTT_US.unpack_from(info, _RTT_OFFSET)
    return TcpProgress(acked_bytes, waiting_bytes, round_trip_us / 1000)


if sys.platform == "linux":
    import fcntl
    import termios

    def _waiting_bytes(descriptor: int) -> int:
        (count,) = struct.unpack("=i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))
        return int(count)
