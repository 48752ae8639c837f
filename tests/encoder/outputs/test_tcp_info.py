"""What TCP says of a connection, on a real one."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys

import pytest

from encoder.outputs.tcp_info import TcpProgress, parse_tcp_info, read_tcp_progress
from tests.support.processes import wait_until

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@linux_only
def test_what_the_peer_has_taken_is_acknowledged_and_what_it_has_not_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        with socket.create_connection(listener.getsockname()) as ours:
            theirs, _ = listener.accept()
            with theirs:
                before = read_tcp_progress(ours)
                assert before is not None and before.waiting_bytes == 0
                ours.sendall(b"x" * 1000)
                wait_until(lambda: (now := read_tcp_progress(ours)) and now.acked_bytes >= before.acked_bytes + 1000)
                ours.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        ours.send(bytes(65536))
                full = read_tcp_progress(ours)
                assert full is not None and full.waiting_bytes > 100_000, "the peer reads nothing"
        assert read_tcp_progress(ours) is None, "closed"


def test_the_fields_are_where_the_kernel_puts_them() -> None:
    info = bytearray(232)
    struct.pack_into("=I", info, 68, 12_500)
    struct.pack_into("=Q", info, 120, 1 << 40)
    assert parse_tcp_info(bytes(info), 7) == TcpProgress(1 << 40, 7, 12.5)
    assert parse_tcp_info(bytes(info[:104]), 7) is None, "an old kernel"
