"""Uploaded pictures: checked, made anew from their pixels, and kept under names of our own."""

from __future__ import annotations

import asyncio
import io
import re
import warnings
from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from gshop_studio.server.clock import new_id
from gshop_studio.server.refusals import Refused

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
_MAX_PIXELS = 50_000_000
_MAX_SIDE_PX = 1200
_TILE_PX = 1024
_QUARTER_TURNS = (5, 6, 7, 8)
"""The orientations of Exif that swap width and height."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg")


class ImageStore:
    """Keeps pictures in one folder. What is served was encoded here: nothing of the upload survives but its pixels."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = asyncio.Semaphore(1)
        """A picture of few bytes may be one of many pixels: a few of them at once are a server's memory."""

    async def add(self, upload: bytes, cut_to: tuple[int, int] | None = None) -> str:
        """Keep an uploaded picture; the name it got. `cut_to`: the width and height it is cut and scaled to, around
        its middle.

        Raises:
            Refused: `image.unreadable`, `image.too_large`, `storage.*`.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.add_now, upload, cut_to)

    def add_now(self, upload: bytes, cut_to: tuple[int, int] | None = None) -> str:
        """As `add`; blocks."""
        if len(upload) > MAX_UPLOAD_BYTES:
            raise Refused("image.too_large")
        return self._keep(_encode_anew(upload, cut_to))

    async def copy(self, name: str) -> str:
        """Keep a picture a second time, so that each may be forgotten without the other; the name of the second.

        Raises:
            Refused: `image.not_found`, `storage.*`.
        """
        return await asyncio.to_thread(self._copy_now, name)

    def _copy_now(self, name: str) -> str:
        path = self.path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise Refused("image.not_found") from error
        except OSError as error:
            raise Refused("storage.failed") from error
        return self._keep(content)

    def _keep(self, content: bytes) -> str:
        name = f"{new_id()}.jpg"
        temporary = self._folder / f".{name}.new"
        try:
            self._folder.mkdir(exist_ok=True)
            try:
                temporary.write_bytes(content)
                temporary.replace(self._folder / name)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise Refused("storage.full" if error.errno == 28 else "storage.failed") from error
        return name

    async def remove(self, name: str) -> None:
        """Forget a picture; one that is gone already, or whose name is none of ours, is fine."""
        if _NAME.fullmatch(name):
            await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)

    def path(self, name: str) -> Path:
        """Where a picture lies.

        Raises:
            Refused: `image.not_found`, also for any name that is not one of ours.
        """
        path = self._folder / name
        if not _NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
            raise Refused("image.not_found")
        return path


def _reduced(opened: Image.Image, cut_to: tuple[int, int] | None) -> Image.Image:
    """With alpha, cut to the shape of `cut_to`, and less than twice as large as needed.

    Made tile by tile: four bytes a pixel of the whole are never in memory beside what the file was decoded to, which
    is one byte a pixel of a palette.
    """
    is_turned = opened.getexif().get(ExifTags.Base.Orientation) in _QUARTER_TURNS
    left, top, right, bottom = 0, 0, opened.width, opened.height
    if cut_to is None:
        factor = max(1, max(opened.size) // _MAX_SIDE_PX)
    else:
        width, height = reversed(cut_to) if is_turned else cut_to
        cut_width = min(opened.width, max(1, opened.height * width // height))
        cut_height = min(opened.height, max(1, opened.width * height // width))
        left, top = (opened.width - cut_width) // 2, (opened.height - cut_height) // 2
        right, bottom = left + cut_width, top + cut_height
        factor = max(1, min(cut_width // width, cut_height // height))
    tile_px = max(1, _TILE_PX // factor) * factor
    reduced = Image.new("RGBA", (-(-(right - left) // factor), -(-(bottom - top) // factor)))
    reduced.info = {name: value for name, value in opened.info.items() if name != "transparency"}  # it is pixels now
    for y in range(top, bottom, tile_px):
        for x in range(left, right, tile_px):
            tile = opened.crop((x, y, min(x + tile_px, right), min(y + tile_px, bottom)))
            reduced.paste(tile.convert("RGBA").reduce(factor), ((x - left) // factor, (y - top) // factor))
    return reduced


def _encode_anew(upload: bytes, cut_to: tuple[int, int] | None) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MAX_PIXELS:
                    raise Refused("image.too_large")
                least_px = max((_MAX_SIDE_PX, *(cut_to or ())))
                opened.draft("RGB", (least_px, least_px))
                with_alpha = ImageOps.exif_transpose(_reduced(opened, cut_to))
                if cut_to is not None:
                    with_alpha = ImageOps.fit(with_alpha, cut_to, Image.Resampling.LANCZOS)
                else:
                    with_alpha.thumbnail((_MAX_SIDE_PX, _MAX_SIDE_PX))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Refused("image.too_large") from error
        except (OSError, ValueError, SyntaxError, EOFError, ZeroDivisionError, OverflowError) as error:
            raise Refused("image.unreadable") from error
    flat = Image.new("RGB", with_alpha.size, "white")
    flat.paste(with_alpha, mask=with_alpha.getchannel("A"))
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=86, optimize=True, progressive=True)
    return out.getvalue()
