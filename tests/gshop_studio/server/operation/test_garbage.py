"""The collector of a server that runs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from gshop_studio.server.operation.garbage import YOUNG, leave_alone_what_is_there
old = [[] for _ in range(1000)]
leave_alone_what_is_there()
assert gc.get_freeze_count() >= 1000 and gc.get_threshold()[0] == YOUNG and gc.isenabled()
assert len(gc.get_objects()) < 1000, "nothing of it is looked at"
new = []
new.append(new)
del new
assert gc.collect() >= 1, "what comes after is"
"""


def test_what_a_server_is_built_of_is_left_alone() -> None:
    """In a process of its own: the tests' collector stays as it is."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
