"""Ending what runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from gshop_studio.server import stopping


async def run_on(missed: int) -> None:
    """Misses so many cancellations."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if missed == 0:
                raise
            missed -= 1


async def test_who_misses_a_cancellation_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "AGAIN_S", 0.05)
    tasks = [asyncio.create_task(run_on(missed)) for missed in (0, 1, 2)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await stopping.stop(*tasks, None)
    assert all(task.cancelled() for task in tasks)


async def test_nothing_to_stop_and_what_failed_are_no_matter() -> None:
    async def fail() -> None:
        raise OSError("gone")

    failed = asyncio.create_task(fail())
    with contextlib.suppress(OSError):
        await asyncio.shield(failed)
    await stopping.stop()
    await stopping.stop(None, failed)
