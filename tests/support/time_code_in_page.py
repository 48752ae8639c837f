"""The burned-in time code as a viewer's browser shows it: read from the page's video element."""

from __future__ import annotations

from playwright.sync_api import Page

from gshop_studio.domain import time_code

_LUMA = """
([centers]) => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  return centers.map(([x, y]) => {
    const [red, green, blue] = context.getImageData(x, y, 1, 1).data;
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
}
"""


def read_from_page(page: Page) -> int | None:
    """Milliseconds of UTC at which the picture shown now was captured, or None where none can be read."""
    width, height = page.evaluate(
        "() => { const video = document.querySelector('video'); return [video.videoWidth, video.videoHeight]; }"
    )
    if not width:
        return None
    layout = time_code.layout_for(width, height)
    centers = [layout.center(index) for index in range(time_code.BIT_COUNT)]
    return time_code.decode([int(luma >= 128) for luma in page.evaluate(_LUMA, [centers])])
