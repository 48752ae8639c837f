"""How soon: from starting a broadcast to its first listed segment, and from opening the page to its first picture."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.browser import launched
from tests.support.server import running_server
from tests.support.show import Rest, on_air, start_show, wait_for_segments

# From the page's own start of navigation to the first picture that the browser presented.
_FIRST_FRAME = """
() => new Promise((resolve) => {
  const look = () => {
    const video = document.querySelector("video");
    if (!video) return setTimeout(look, 5);
    video.requestVideoFrameCallback((now) => resolve(now));
  };
  look();
})
"""


def run(runs: int = 5) -> dict[str, list[float]]:
    """Seconds of each run: `first_segment_s` and `first_frame_s`."""
    first_segment_s: list[float] = []
    first_frame_s: list[float] = []
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        home = Path(directory)
        with running_server(home / "server") as server, launched(playwright) as browser:
            seller = Rest(server, "seller")
            for _ in range(runs):
                show = start_show(server, seller)
                before = time.monotonic()
                with on_air(show, home / "engine", quality="720p"):
                    wait_for_segments(show.playlist_url)
                    first_segment_s.append(time.monotonic() - before)
                    wait_for_segments(show.playlist_url, 4)
                    context = browser.new_context(viewport={"width": 390, "height": 844})
                    page = context.new_page()
                    page.goto(show.page_url, wait_until="commit")
                    first_frame_s.append(page.evaluate(_FIRST_FRAME) / 1000)
                    context.close()
                seller.call("POST", f"/live/streams/{show.stream_id}/end")
    return {"first_segment_s": first_segment_s, "first_frame_s": first_frame_s}
