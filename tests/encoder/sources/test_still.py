"""A still picture as a source."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from encoder.errors import SourceError
from encoder.picture import Fit, FrameShape, PictureSize, planes_of
from encoder.sources.still import MAX_PIXELS, Still

SHAPE = FrameShape(PictureSize(320, 180))
NOW_US = 1_700_000_000_000_000


def lumas(still: Still, at_us: int = NOW_US) -> tuple[int, int]:
    """Left and right of the middle."""
    picture = still.picture_at(at_us)
    assert picture is not None and picture.is_shared
    luma = planes_of(picture.frame)[0]
    height, width = luma.shape
    return int(luma[height // 2, width // 4]), int(luma[height // 2, width * 3 // 4])


def half_white(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, size, "black")
    image.paste("white", (0, 0, size[0] // 2, size[1]))
    return image


@pytest.mark.parametrize(("kind", "size"), [("PNG", (640, 360)), ("JPEG", (641, 361)), ("WEBP", (64, 36))])
def test_a_picture_is_shown_in_the_wanted_shape(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"picture.{kind.lower()}"
    half_white(size).save(path, kind)
    still = Still(path, SHAPE)
    left, right = lumas(still)
    assert left > 225 and right < 25
    assert still.name == f"image:{path}" and still.fault is None


def test_it_is_given_once_and_again_now_and_then(tmp_path: Path) -> None:
    half_white((64, 36)).save(tmp_path / "a.png")
    still = Still(tmp_path / "a.png", SHAPE)
    assert still.picture_at(NOW_US) is not None
    assert [still.picture_at(NOW_US + tick * 33_333) for tick in range(1, 25)] == [None] * 24
    assert still.picture_at(NOW_US + 1_000_000) is not None


def test_another_shape_is_shown_at_once(tmp_path: Path) -> None:
    half_white((640, 360)).save(tmp_path / "a.png")
    still = Still(tmp_path / "a.png", SHAPE)
    lumas(still)
    shape = FrameShape(PictureSize(360, 640), Fit.COVER, is_mirrored=True)
    still.reshape(shape)
    picture = still.picture_at(NOW_US + 1)
    assert picture is not None and picture.shape == shape
    assert (picture.frame.width, picture.frame.height) == (360, 640)
    left, right = lumas(still, NOW_US + 2_000_000)
    assert left < 25 and right > 225


def test_what_is_transparent_lies_over_black(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 36), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 32, 36))
    image.save(tmp_path / "a.png")
    left, right = lumas(Still(tmp_path / "a.png", SHAPE))
    assert left > 225 and right < 25


def test_a_camera_held_on_its_side_is_set_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    half_white((64, 36)).save(tmp_path / "a.jpg", exif=exif, quality=95)
    left, right = lumas(Still(tmp_path / "a.jpg", SHAPE))
    assert left < 25 and right > 225


def bomb(path: Path) -> None:
    """A PNG of few bytes that asks for very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = int(MAX_PIXELS**0.5) + 1
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")))


def cut(path: Path) -> None:
    half_white((640, 360)).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.parametrize(
    "make",
    [
        bomb,
        cut,
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no picture" * 100),
        lambda path: path.write_text("%!PS-Adobe-3.0 EPSF-3.0"),
    ],
)
def test_a_file_that_will_not_do_says_why(tmp_path: Path, make: object) -> None:
    """Case 7, of pictures: refused before the memory is taken."""
    path = tmp_path / "a.png"
    assert callable(make)
    make(path)
    with pytest.raises(SourceError) as caught:
        Still(path, SHAPE)
    assert caught.value.fault.code == "source.unreadable"
    assert caught.value.fault.params["source"] == str(path)
