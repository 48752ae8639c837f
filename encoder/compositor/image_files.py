"""Picture files for cards, logos and image layers: read once, small enough, safely.

Reading may hang with a disk, so it is called away from the event loop and from the video loop.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from pathlib import Path

from PIL import Image, ImageOps

from encoder.errors import SourceError, reason_of
from gshop_studio.engine_protocol import Fault

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 50_000_000
LARGEST_SIDE_PX = 1920
"""Pictures are kept no larger than this."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""Formats whose decoders run no other program."""
_KEPT = 12


class ImageFiles:
    """The newest few pictures, as RGBA. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._images: OrderedDict[tuple[str, int, int], Image.Image] = OrderedDict()

    def read(self, path: str) -> Image.Image:
        """The picture at that path, turned as its camera says. Not to be changed.

        Raises:
            SourceError: `source.unreadable`.
        """
        file = Path(path)
        try:
            if not file.is_file():
                raise FileNotFoundError(2, "no such file")
            facts = file.stat()
            if facts.st_size > MAX_FILE_BYTES:
                raise ValueError(f"larger than {MAX_FILE_BYTES // 1024 // 1024} MB")
            key = (path, facts.st_mtime_ns, facts.st_size)
            with self._lock:
                if key in self._images:
                    self._images.move_to_end(key)
                    return self._images[key]
            image = _decoded(file)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise SourceError(Fault("source.unreadable", {"source": path, "reason": reason_of(error)})) from error
        with self._lock:
            self._images[key] = image
            while len(self._images) > _KEPT:
                self._images.popitem(last=False)
        return image


def _decoded(file: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is our own
        image = Image.open(file, formats=_FORMATS)
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels are too many")
        image.draft("RGB", (LARGEST_SIDE_PX, LARGEST_SIDE_PX))
        turned = ImageOps.exif_transpose(image).convert("RGBA")
    turned.thumbnail((LARGEST_SIDE_PX, LARGEST_SIDE_PX), Image.Resampling.LANCZOS)
    return turned


def cropped(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """The image without those shares of its sides."""
    x, y = round(image.width * left), round(image.height * top)
    end_x, end_y = round(image.width * (1 - right)), round(image.height * (1 - bottom))
    return image.crop((min(x, image.width - 1), min(y, image.height - 1), max(end_x, x + 1), max(end_y, y + 1)))


def covering(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image scaled to that size, what sticks out cut off."""
    return ImageOps.fit(image, (max(1, width), max(1, height)), Image.Resampling.LANCZOS)


def contained(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image scaled into that size, whole."""
    return ImageOps.contain(image, (max(1, width), max(1, height)), Image.Resampling.LANCZOS)
