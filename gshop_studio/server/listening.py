"""Binding a port, and why it could not be bound."""

from __future__ import annotations

import errno
import socket

from gshop_studio.engine_protocol import Fault
from gshop_studio.server.start_failed import StartFailed

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 picks a free one.

    Raises:
        StartFailed: it is taken, or the host is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, so that asyncio knows its connections for TCP and switches Nagle's algorithm off: 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise StartFailed(bind_fault(host, port, error)) from error
    return listener


def bind_fault(host: str, port: int, error: OSError) -> Fault:
    """Why a port cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return Fault("server.port_taken", {"port": str(port)})
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return Fault("server.bad_host", {"host": host})
    return Fault("server.not_ready", {"reason": error.strerror or str(error)})
