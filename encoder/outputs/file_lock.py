"""Marks a file as being written, so that nobody takes it for what a crash left. The mark ends with the process."""

from __future__ import annotations

import sys

if sys.platform != "win32":
    import fcntl


def lock_file(fd: int) -> bool:
    """Mark an open file; False when somebody else did. Where the platform or the file system cannot: True."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # some network file systems
    return True
