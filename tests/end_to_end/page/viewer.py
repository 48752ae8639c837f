"""A person with a browser in front of the page: what they see, what they do, and what their console says."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

from tests.end_to_end.page.shop import wait_until

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = (390, 844)
SEEN_WITHIN_MS = 45_000


class Viewer:
    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        size: tuple[int, int] = PHONE,
        locale: str = "en-US",
        theme: Literal["dark", "light"] = "dark",
    ) -> None:
        width, height = size
        self._context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme=theme
        )
        self._url = url
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(SEEN_WITHIN_MS)
        self.complaints: list[str] = []
        """What the console said that it should not: errors, policy violations, exceptions."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(f"{self._url}{path}")

    def watch(self, show_id: str, query: str = "") -> None:
        self.open(f"/watch/{show_id}{query}")

    def close(self) -> None:
        self._context.close()

    # --- what is seen ---

    def wait_for_phase(self, phase: str) -> None:
        self.page.wait_for_selector(f"body[data-phase={phase}]")

    def wait_for_picture(self) -> None:
        self.page.wait_for_selector("body[data-phase=live][data-picture=playing]")

    def wait_until_moving(self) -> None:
        """The picture goes on: time passes in it, and frames are really decoded."""
        time, frames = self.picture()

        def has_moved() -> bool:
            now, decoded = self.picture()
            return now != time and decoded > frames + 5

        wait_until(has_moved, "the picture moves")

    def picture(self) -> tuple[float, int]:
        """The picture's time, and how many frames were decoded so far."""
        time, frames = self.page.evaluate(
            "() => { const video = document.getElementById('video');"
            " return [video.currentTime, video.getVideoPlaybackQuality().totalVideoFrames]; }"
        )
        return time, frames

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    @property
    def card(self) -> Locator:
        return self.page.locator("#card .card-body")

    @property
    def lines(self) -> Locator:
        return self.page.locator("#chat .line")

    @property
    def overflow_px(self) -> int:
        """How far the page is wider than the screen."""
        overflow: int = self.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        return overflow

    # --- what is done ---

    def write(self, message: str) -> None:
        self.page.fill("#message", message)
        self.page.keyboard.press("Enter")

    def give_name(self, name: str) -> None:
        self.page.wait_for_selector("dialog[open]")
        self.page.fill("#guest-name", name)
        self.page.keyboard.press("Enter")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")
