"""The databases and pictures that `gshop-studio restore` has put aside in the data directory: who is erased is erased
there, too. Nobody uses them; what a restore that was killed has left is deleted. Blocks: for a thread.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.operation.backups import CopyFailed, change_on_copy
from gshop_studio.server.privacy.forgetting import clean_copy
from gshop_studio.server.refusals import Refused

log = logging.getLogger(__name__)
ASIDE = "before-restore-"
"""How the name of such a folder begins."""
HALF = ".restore-"
"""And of one where a restore unpacks: none does while a server runs."""


class SetAside:
    def __init__(self, data_dir: Path, database_name: str, images_name: str) -> None:
        """The names: of what lies in such a folder."""
        self._data_dir = data_dir
        self._database_name = database_name
        self._images_name = images_name

    def clean(self, erased: dict[str, datetime]) -> None:
        """Erase them in each folder.

        Raises:
            Refused: `storage.*`; it is done next time.
        """
        for left in self._data_dir.glob(f"{HALF}*"):
            shutil.rmtree(left, ignore_errors=True)
        for folder in sorted(self._data_dir.glob(f"{ASIDE}*")):
            if (folder / self._database_name).is_file():
                self._clean(folder, erased)

    def _clean(self, folder: Path, erased: dict[str, datetime]) -> None:
        database = folder / self._database_name
        try:
            _write_back(database)
            change_on_copy(database, lambda copy: _clean_newest(copy, folder / self._images_name, erased))
        except (CommandError, DBAPIError, sqlite3.DatabaseError) as error:
            log.warning("%s is left as it is, delete it: %s", folder.name, error)
        except CopyFailed as failure:
            log.error("%s was not changed: %s", folder.name, failure)
            raise Refused("storage.full" if failure.is_disk_full else "storage.failed") from failure


def _write_back(database: Path) -> None:
    """What is in its write-ahead log goes into the database, and the log goes."""
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _clean_newest(copy: Path, images: Path, erased: dict[str, datetime]) -> bool:
    """It may be of an older version."""
    upgrade_database(f"sqlite:///{copy}")
    return clean_copy(copy, images, erased)
