"""Uploaded pictures: checked, made anew from their pixels, and kept under names of our own."""

from __future__ import annotations

import asyncio
import io
import re
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from gshop_studio.server.clock import new_id
from gshop_studio.server.refusals import Refused

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
_MAX_PIXELS = 50_000_000
_MAX_SIDE_PX = 1200
_FORMATS = ("JPEG", "PNG", "WEBP")
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg")


class ImageStore:
    """Keeps pictures in one folder. What is served was encoded here: nothing of the upload survives but its pixels."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, upload: bytes, cut_to: tuple[int, int] | None = None) -> str:
        """Keep an uploaded picture; the name it got. `cut_to`: the width and height it is cut and scaled to, around
        its middle.

        Raises:
            Refused: `image.unreadable`, `image.too_large`, `storage.*`.
        """
        return await asyncio.to_thread(self.add_now, upload, cut_to)

    def add_now(self, upload: bytes, cut_to: tuple[int, int] | None = None) -> str:
        """As `add`; blocks."""
        if len(upload) > MAX_UPLOAD_BYTES:
            raise Refused("image.too_large")
        content = _encode_anew(upload, cut_to)
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


def _encode_anew(upload: bytes, cut_to: tuple[int, int] | None) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MAX_PIXELS:
                    raise Refused("image.too_large")
                least_px = max((_MAX_SIDE_PX, *(cut_to or ())))
                opened.draft("RGB", (least_px, least_px))
                picture = ImageOps.exif_transpose(opened)
                if cut_to is not None:
                    picture = ImageOps.fit(picture.convert("RGBA"), cut_to, Image.Resampling.LANCZOS)
                else:
                    picture.thumbnail((_MAX_SIDE_PX, _MAX_SIDE_PX))
                with_alpha = picture.convert("RGBA")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Refused("image.too_large") from error
        except (OSError, ValueError, SyntaxError, EOFError, ZeroDivisionError, OverflowError) as error:
            raise Refused("image.unreadable") from error
    flat = Image.new("RGB", with_alpha.size, "white")
    flat.paste(with_alpha, mask=with_alpha.getchannel("A"))
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=86, optimize=True, progressive=True)
    return out.getvalue()
