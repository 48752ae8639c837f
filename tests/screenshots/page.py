"""Pictures of the buyers' page on a real show: on air with a card and a chat, the list, ended, not found."""

from __future__ import annotations

import itertools
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import launched
from tests.support.server import RunningServer, running_server
from tests.support.show import Rest, StartedShow, on_air, start_show, wait_for_segments

LANGUAGES = ("en", "es", "pt")
THEMES = ("dark", "light")
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
CHAT = (
    ("buyer", "Hi from Rosario!"),
    ("affiliate", "Does the small one fit a 15 inch laptop?"),
    ("seller", "It does, with room for the charger."),
    ("buyer", "Lovely colour. How long is shipping?"),
)


def render(folder: Path, scratch: Path) -> list[Path]:
    """Render all of them; gives the files."""
    made: list[Path] = []
    with sync_playwright() as playwright, running_server(scratch / "server") as server, launched(playwright) as browser:
        seller = Rest(server, "seller")
        show = start_show(server, seller)
        with on_air(show, scratch / "engine", quality="720p"):
            wait_for_segments(show.playlist_url, 4)
            _fill(server, seller, show)
            made += _all(browser, folder, "watch", show.page_url)
            made += _all(browser, folder, "live-now", server.http)
        seller.call("POST", f"/live/streams/{show.stream_id}/end")
        made += _all(browser, folder, "ended", show.page_url)
        made += _all(browser, folder, "not-found", f"{server.http}/watch/none")
    return made


def _fill(server: RunningServer, seller: Rest, show: StartedShow) -> None:
    people = {role: Rest(server, role) for role in {role for role, _ in CHAT}}
    for role, text in CHAT:
        people[role].call("POST", f"/live/streams/{show.stream_id}/messages", {"message": text})
    seller.call("PUT", f"/live/streams/{show.stream_id}/products/{show.product_ids[0]}/highlight")


def _all(browser: Browser, folder: Path, name: str, url: str) -> list[Path]:
    made: list[Path] = []
    for language, theme, (size, (width, height)) in itertools.product(LANGUAGES, THEMES, SIZES.items()):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        page.goto(url)
        _settle(page, name)
        path = folder / f"page-{name}-{language}-{theme}-{size}.png"
        page.screenshot(path=path)
        made.append(path)
        context.close()
    return made


def _settle(page: Page, name: str) -> None:
    """Until what the picture is of can be seen."""
    if name == "watch":
        page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.5")
        page.get_by_role("log").get_by_text(CHAT[-1][1]).wait_for()
    page.wait_for_timeout(1500)  # pictures and transitions
