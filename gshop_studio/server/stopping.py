"""Ending tasks that run until they are told to stop."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)

AGAIN_S = 0.2
"""How long a task has to end before it is cancelled once more: less than loops rest between two turns."""


async def stop(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel these and wait for their end, whatever it is.

    One that goes on is cancelled again: a database's driver, which closes its connection meanwhile, may take the
    cancellation for its own.
    """
    going_on = {task for task in tasks if task is not None}
    while going_on:
        for task in going_on:
            task.cancel()
        done, going_on = await asyncio.wait(going_on, timeout=AGAIN_S)
        for task in done:
            if not task.cancelled():
                task.exception()  # seen: whoever runs until it is stopped has logged it
        for task in going_on:
            log.debug("%r goes on though it was cancelled", task)
