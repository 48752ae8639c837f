"""What is given out to be opened elsewhere."""

from __future__ import annotations

import json

from tests.gshop_studio.server.shop import Shop


async def test_no_export_is_a_table(shop: Shop) -> None:
    """case 42: nothing is exported as CSV or as a spreadsheet, so no cell begins a formula. Who adds one escapes it,
    and tests that here."""
    document = json.dumps((await shop.http.get("/openapi.json")).json()).lower()
    for media_type in ("text/csv", "spreadsheet", "ms-excel", "tab-separated"):
        assert media_type not in document
