"""The registry of personal data: of each table and column whether it says anything of a person, and what becomes of it
when they are erased. Erasing, exporting and docs/privacy.md follow it; a test fails for a column it does not name.

Tables stand in the order in which they are erased: what belongs to a show before the show, people last.
"""

from __future__ import annotations

from collections.abc import Mapping

from gshop_studio.server.privacy.fate import TableFate
from gshop_studio.server.privacy.fates_of_buying import BUYING
from gshop_studio.server.privacy.fates_of_people import PEOPLE
from gshop_studio.server.privacy.fates_of_shows import IN_SHOWS, SHOWS

FATES: Mapping[str, TableFate] = {**IN_SHOWS, **BUYING, **SHOWS, **PEOPLE}
