"""A server that is killed, as by kill -9, the first time it comes to a step of a purchase: the one `KILL_AT` names."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from gshop_studio.__main__ import main
from gshop_studio.server.after_commit.after_commit import AfterCommit
from gshop_studio.server.checkout.settlement import Settlement
from gshop_studio.server.checkout.told.celebrations import Celebrations
from gshop_studio.server.checkout.told.numbers import SaleNumbers
from gshop_studio.server.payments.sandbox.provider import SandboxProvider


class Step(StrEnum):
    BEFORE_ASKING = "before the provider is asked"
    AFTER_ASKING = "after the provider took the money"
    BEFORE_COMMIT = "before it is committed that it is paid"
    AFTER_COMMIT = "after that, before anything follows"
    WITHIN_A_TASK = "in a task, before its commit"
    AFTER_A_TASK = "after a task that leaves the database, before that is written down"


STEPS: dict[Step, tuple[type, str, bool]] = {
    Step.BEFORE_ASKING: (SandboxProvider, "charge", True),
    Step.AFTER_ASKING: (Settlement, "settle", True),
    Step.BEFORE_COMMIT: (AfterCommit, "add", False),
    Step.AFTER_COMMIT: (AfterCommit, "wake", True),
    Step.WITHIN_A_TASK: (Celebrations, "celebrate", False),
    Step.AFTER_A_TASK: (SaleNumbers, "tell", False),
}
"""Where each is, and whether it is before what that method does."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(method: Callable[..., Any], is_before: bool) -> Callable[..., Any]:
    if is_before:
        return lambda *_, **__: die()

    @wraps(method)
    async def does_and_dies(*args: Any, **kwargs: Any) -> None:
        await method(*args, **kwargs)
        die()

    return does_and_dies


if __name__ == "__main__":
    owner, name, is_before = STEPS[Step(os.environ["KILL_AT"])]
    setattr(owner, name, deadly(getattr(owner, name), is_before))
    main()
