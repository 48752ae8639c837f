"""One server and one browser for a module; a viewer and a camera for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.end_to_end.page.companion import Companion
from tests.end_to_end.page.shop import Camera, Seller, Show
from tests.end_to_end.page.viewer import CHROMIUM, CHROMIUM_ARGUMENTS, Viewer

OpenViewer = Callable[..., Viewer]
GoOnAir = Callable[[Show], Camera]


@pytest.fixture(scope="module")
def companion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companion]:
    data_dir: Path = tmp_path_factory.mktemp("companion") / "data"
    companion = Companion(data_dir)
    try:
        companion.start()
        yield companion
    finally:
        companion.close()


@pytest.fixture(scope="module")
def seller(companion: Companion) -> Iterator[Seller]:
    seller = Seller(companion.url, *companion.accounts["seller"])
    yield seller
    seller.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def viewer(companion: Companion, browser: Browser) -> Iterator[OpenViewer]:
    """Opens viewers; each is closed after the test."""
    opened: list[Viewer] = []

    def open_viewer(**settings: Any) -> Viewer:
        opened.append(Viewer(browser, companion.url, **settings))
        return opened[-1]

    yield open_viewer
    for each in opened:
        each.close()


@pytest.fixture
def on_air(seller: Seller) -> Iterator[GoOnAir]:
    """Starts shows and waits for their media; they end after the test."""
    running: list[tuple[Show, Camera]] = []

    def go_on_air(show: Show) -> Camera:
        camera = seller.start(show)
        running.append((show, camera))
        camera.start_until(lambda: bool(seller.ask("GET", f"/live/streams/{show.id}")["isReceiving"]))
        return camera

    yield go_on_air
    for show, camera in running:
        camera.stop()
        seller.end(show)
