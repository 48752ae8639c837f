"""A private show that nobody sees, for the seconds of a test publish: made at the shop, and ended again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from gshop_studio.client.errors import ClientError
from gshop_studio.contract.rest import EndAnswer, StartAnswer, Stream, StreamCreate

_log = logging.getLogger(__name__)


class TrialShowApi(Protocol):
    """What it asks of the shop."""

    async def create_stream(self, body: StreamCreate) -> Stream: ...
    async def start_stream(self, stream_id: str) -> StartAnswer: ...
    async def end_stream(self, stream_id: str) -> EndAnswer: ...


@dataclass(frozen=True, slots=True)
class Ingest:
    """Where a test publish goes."""

    url: str
    key: str = field(repr=False)


@contextlib.asynccontextmanager
async def running_trial_show(api: TrialShowApi, title: str) -> AsyncIterator[Ingest]:
    """Its ingest, as long as the block runs. The shop ends it by itself if it cannot be told.

    Raises:
        ClientError: the shop refused, or cannot be reached.
    """
    stream = await api.create_stream(StreamCreate(title=title, is_private=True))
    try:
        started = await api.start_stream(stream.id)
        yield Ingest(started.rtmp_ingest_url, started.stream_key)
    finally:
        await asyncio.shield(_end(api, stream.id))


async def _end(api: TrialShowApi, stream_id: str) -> None:
    try:
        await api.end_stream(stream_id)
    except ClientError as error:
        _log.info("the trial show is left for the shop to end: %s", error.code)
