"""The garbage collector, set for a server: what it was built of is never looked at again, and the rest not so often.

As Python sets it, it looks at everything there is, some 100 ms long, as soon as a rush of requests has made enough that
is new; nobody is answered meanwhile, and nothing is found.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""New objects until the youngest are looked at: some of what a few dozen requests that wait need, not of one."""


def leave_alone_what_is_there() -> None:
    """The server is built: from here on only what is new is looked at."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
