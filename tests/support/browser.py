"""Debian's Chromium, headless, driven by playwright."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, Playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@contextlib.contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A browser; closed with the block."""
    path = shutil.which("chromium")
    assert path, "Chromium is not installed: make setup-test installs it"
    browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
    try:
        yield browser
    finally:
        browser.close()
