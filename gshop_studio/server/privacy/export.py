"""Hands a person all that is known of them, as one JSON document: what the registry names, section by section.

It is packed in a file without a name first, so that a slow reader holds up no database and nothing stays on the disk.
"""

from __future__ import annotations

import asyncio
import errno
import json
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from pydantic.alias_generators import to_camel
from sqlalchemy import ColumnElement, Table, or_, select

from gshop_studio.contract.privacy import EXPORT_FORMAT
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.privacy.fate import Section
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.privacy.rules import table_of
from gshop_studio.server.refusals import Refused

EXPORTS_AT_ONCE = 2
USER = "user"
_IN_MEMORY_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class PackedExport:
    """An export ready to be sent; `chunks` closes it."""

    file: IO[bytes]
    size: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, in order."""
        try:
            while chunk := await asyncio.to_thread(self.file.read, _CHUNK_BYTES):
                yield chunk
        finally:
            self.file.close()


class Exporter:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._packing = asyncio.Semaphore(EXPORTS_AT_ONCE)

    async def export(self, user_id: str) -> PackedExport:
        """All of one person.

        Raises:
            Refused: `storage.*`.
        """
        async with self._packing:
            file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - who sends it closes it
            try:
                await self._pack(file, user_id)
                size = file.seek(0, 2)
                file.seek(0)
            except OSError as error:
                file.close()
                raise Refused("storage.full" if error.errno == errno.ENOSPC else "storage.failed") from error
            except BaseException:
                file.close()
                raise
        return PackedExport(file, size)

    async def _pack(self, file: IO[bytes], user_id: str) -> None:
        head = {"format": EXPORT_FORMAT, "exportedAt": to_wire_time(self._clock())}
        file.write(json.dumps(head)[:-1].encode())
        async with self._database.read() as transaction:
            for table_name, table_fate in FATES.items():
                for section in table_fate.sections:
                    await self._write(file, transaction, table_of(table_name), section, user_id)
        file.write(b"}")

    async def _write(
        self, file: IO[bytes], transaction: Transaction, table: Table, section: Section, user_id: str
    ) -> None:
        is_one = section.name == USER
        file.write(f', "{section.name}": {"" if is_one else "["}'.encode())
        columns = [column for column in table.columns if column.name not in section.hidden]
        wish = select(*columns).where(_is_of(table, section, user_id)).order_by(*table.primary_key)
        separator, offset = b"", 0
        while rows := (await transaction.session.execute(wish.limit(_PAGE_ROWS).offset(offset))).all():
            offset += len(rows)
            for row in rows:
                known = {to_camel(column.name): value for column, value in zip(columns, row, strict=True)}
                line = json.dumps({name: value for name, value in known.items() if value is not None}, default=_wire)
                file.write(separator + line.encode())
                separator = b",\n"
        file.write(b"" if is_one else b"]")


def _is_of(table: Table, section: Section, user_id: str) -> ColumnElement[bool]:
    if section.via is None:
        return or_(*(table.c[of] == user_id for of in section.of))
    column, parent = section.via[0], table_of(section.via[1])
    [key] = parent.primary_key
    return table.c[column].in_(select(key).where(or_(*(parent.c[of] == user_id for of in section.of))))


def _wire(value: Any) -> str:
    return to_wire_time(value) if isinstance(value, datetime) else str(value)
