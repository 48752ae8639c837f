"""Pictures of the report after a show and of the served documentation of REST."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.analytics import evening
from tests.gshop_studio.server.analytics.audience import Past
from tests.gshop_studio.server.shop import Shop
from tests.support.browser import launched
from tests.support.server import running_server

LANGUAGES = ("en", "es", "pt")
THEMES = ("dark", "light")
SIZES = {"phone": (390, 844), "small": (1024, 700), "desktop": (1280, 800)}


def render(folder: Path, scratch: Path) -> list[Path]:
    """Render all of them; gives the files."""
    pages = asyncio.run(_reports(scratch))
    made: list[Path] = []
    with sync_playwright() as playwright, running_server(scratch / "server") as server, launched(playwright) as browser:
        for language, theme, (size, (width, height)) in itertools.product(LANGUAGES, THEMES, SIZES.items()):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale=language,
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            for name, address in (("report", pages[language].as_uri()), ("rest", f"{server.http}/docs")):
                page.goto(address)
                page.wait_for_timeout(500)
                path = folder / f"{name}-{language}-{theme}-{size}.png"
                page.screenshot(path=path, full_page=name == "report")
                made.append(path)
            context.close()
    return made


async def _reports(scratch: Path) -> dict[str, Path]:
    """The same evening told in each language."""
    scratch.mkdir(parents=True)
    made: dict[str, Path] = {}
    async with Shop(scratch / "shop") as shop:
        seller = await shop.person(Role.SELLER, "Alba")
        ids = await evening.products(shop, seller)
        stream_id = await shop.live_stream(seller, productIds=ids, title="Otoño en el taller")
        past = Past(
            shop.server.services.database,
            stream_id,
            (utc_now() - timedelta(hours=1)).replace(second=0, microsecond=0),
        )
        await past.show(started_at=past.at(0))
        await evening.live_through(shop, past, ids, [await shop.person(name=name) for name in ("Ana", "Luis", "Eva")])
        for language in LANGUAGES:
            params = {"format": "html", "lang": language}
            answer = await shop.send("GET", f"live/streams/{stream_id}/report", seller, params=params)
            made[language] = scratch / f"report-{language}.html"
            made[language].write_text(answer.text)
    shutil.rmtree(scratch / "shop", ignore_errors=True)
    return made
