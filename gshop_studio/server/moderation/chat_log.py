"""Hands out the chat log of a whole show, chained and signed, in pages: no show is in memory whole.

The signing key is derived from the server's secret, so all servers of one database sign alike. Parsing, hashing and
packing run on threads.
"""

from __future__ import annotations

import asyncio
import errno
import tempfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gshop_studio.contract.chat_log import (
    ChainWriter,
    ChatLogManifest,
    SigningKey,
    sign,
    signing_key,
)
from gshop_studio.contract.chat_log_bundle import EVENTS_NAME, MANIFEST_NAME
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.moderation.chat_log_pages import ChatLogPages
from gshop_studio.server.moderation.chat_log_repository import ChatLogRepository, LogBounds, LoggedRow
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

BUNDLES_AT_ONCE = 2
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class PackedBundle:
    """A bundle ready to be sent; `chunks` closes it."""

    file: IO[bytes]
    size: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, in order."""
        try:
            while chunk := await asyncio.to_thread(self.file.read, _CHUNK_BYTES):
                yield chunk
        finally:
            self.file.close()


class ChatLogService:
    def __init__(self, database: Database, lookup: StreamLookup, seed: bytes, clock: Clock) -> None:
        """`seed`: 32 bytes, the Ed25519 key."""
        self._database = database
        self._lookup = lookup
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._clock = clock
        self._packing = asyncio.Semaphore(BUNDLES_AT_ONCE)

    def signing_key(self) -> SigningKey:
        """What everybody may check signatures with."""
        return signing_key(self._key.public_key())

    async def lines(self, caller: Caller | None, stream_id: str) -> AsyncIterator[bytes]:
        """The log's lines, some hundreds at a time. What is refused is refused before the first.

        Raises:
            Refused: `stream.not_found`, `storage.*`, or what rights say.
        """
        bounds = await self._bounds(caller, stream_id)
        return self._lines(stream_id, bounds, ChainWriter())

    async def bundle(self, caller: Caller | None, stream_id: str) -> PackedBundle:
        """The log with its signed manifest, zipped.

        Raises:
            Refused: as `lines`; `storage.full` or `storage.failed`, where it cannot be packed.
        """
        bounds = await self._bounds(caller, stream_id)
        async with self._packing:
            file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - who sends it closes it
            try:
                await self._pack(file, stream_id, bounds)
                size = file.seek(0, 2)
                file.seek(0)
            except OSError as error:
                file.close()
                raise Refused("storage.full" if error.errno == errno.ENOSPC else "storage.failed") from error
            except BaseException:
                file.close()
                raise
        return PackedBundle(file, size)

    async def _bounds(self, caller: Caller | None, stream_id: str) -> LogBounds:
        async with self._database.read() as transaction:
            require(caller, StreamRight.READ_CHAT_LOG, await self._lookup.facts(transaction, stream_id, caller))
            return await ChatLogRepository(transaction).bounds(stream_id)

    async def _lines(self, stream_id: str, bounds: LogBounds, chain: ChainWriter) -> AsyncIterator[bytes]:
        pages = ChatLogPages(self._database, stream_id, bounds)

        def hashed(page: list[LoggedRow]) -> bytes:
            return b"".join(map(chain.line, pages.entries(page)))

        async for page in pages.pages():
            yield await asyncio.to_thread(hashed, page)

    async def _pack(self, file: IO[bytes], stream_id: str, bounds: LogBounds) -> None:
        chain = ChainWriter()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
            with packed.open(EVENTS_NAME, "w", force_zip64=True) as events:
                async for lines in self._lines(stream_id, bounds, chain):
                    await asyncio.to_thread(events.write, lines)
            manifest = self._manifest(stream_id, bounds, chain).model_dump_json(by_alias=True, indent=2)
            packed.writestr(MANIFEST_NAME, manifest)

    def _manifest(self, stream_id: str, bounds: LogBounds, chain: ChainWriter) -> ChatLogManifest:
        key = self.signing_key()
        return ChatLogManifest(
            stream_id=stream_id,
            title=bounds.title,
            created_at=self._clock(),
            lines=chain.lines,
            last_hash=chain.last_hash,
            key_id=key.key_id,
            public_key=key.public_key,
            signature=sign(chain.last_hash, self._key),
        )
