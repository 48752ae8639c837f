"""Pictures made anew: their shape, their colours, and what they cost."""

from __future__ import annotations

import asyncio
import io
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gshop_studio.server.catalog.images import ImageStore

MIB = 1024 * 1024
_ADD_AND_WEIGH = """
import sys
from pathlib import Path
from gshop_studio.server.catalog.images import ImageStore

cut_to = (1280, 720) if sys.argv[3] == "cut" else None
ImageStore(Path(sys.argv[2])).add_now(Path(sys.argv[1]).read_bytes(), cut_to)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def kept(folder: Path, upload: bytes, cut_to: tuple[int, int] | None = None) -> Image.Image:
    store = ImageStore(folder)
    with Image.open(store.path(store.add_now(upload, cut_to))) as image:
        image.load()
    return image


def is_near(seen: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 12 for one, other in zip(seen, colour, strict=True))


@pytest.mark.parametrize(("mode", "size"), [("P", (7000, 7000)), ("RGB", (7000, 7000)), ("P", (50_000, 1000))])
@pytest.mark.parametrize("cut", ["cut", "whole"])
def test_a_picture_of_few_bytes_and_many_pixels_takes_little_memory(
    tmp_path: Path, mode: str, size: tuple[int, int], cut: str
) -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    upload = tmp_path / "large.png"
    upload.write_bytes(encoded(Image.new(mode, size)))
    assert upload.stat().st_size < MIB
    command = [sys.executable, "-c", _ADD_AND_WEIGH, str(upload), str(tmp_path / "images"), cut]
    peak_kib = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    most = 150 if mode == "P" else 280  # an RGB picture is decoded to four bytes a pixel
    assert peak_kib * 1024 < most * MIB


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (5000, 700), (90, 60), (40_000, 3), (3, 40_000)])
@pytest.mark.parametrize("cut_to", [(1280, 720), (720, 1280)])
def test_a_cut_picture_has_the_shape_asked_for(tmp_path: Path, size: tuple[int, int], cut_to: tuple[int, int]) -> None:
    assert kept(tmp_path, encoded(Image.new("RGB", size)), cut_to).size == cut_to


@pytest.mark.parametrize(("size", "then"), [((4801, 2400), (1200, 600)), ((90, 60), (90, 60)), ((9000, 3), (1200, 1))])
def test_a_whole_picture_keeps_its_shape(tmp_path: Path, size: tuple[int, int], then: tuple[int, int]) -> None:
    assert kept(tmp_path, encoded(Image.new("RGB", size))).size == then


@pytest.mark.parametrize("cut_to", [None, (720, 1280)])
def test_a_picture_taken_sideways_stands_upright(tmp_path: Path, cut_to: tuple[int, int] | None) -> None:
    lying = Image.new("RGB", (4000, 3000), "red")
    lying.paste("blue", (2000, 0, 4000, 3000))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise: its left is up
    for kind in ("JPEG", "PNG", "WEBP"):
        upright = kept(tmp_path, encoded(lying, kind, exif=exif), cut_to)
        assert upright.size == (cut_to or (900, 1200))
        assert is_near(upright.getpixel((400, 50)), (255, 0, 0)), kind
        assert is_near(upright.getpixel((400, upright.height - 50)), (0, 0, 255)), kind


@pytest.mark.parametrize("cut_to", [None, (1280, 720)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1"])
def test_what_is_transparent_becomes_white(tmp_path: Path, mode: str, cut_to: tuple[int, int] | None) -> None:
    picture = Image.new(mode, (2600, 1500))
    options: dict[str, Any] = {"transparency": 0} if mode in ("P", "L", "1") else {}
    made = kept(tmp_path, encoded(picture, **options), cut_to)
    assert is_near(made.convert("RGB").getpixel((300, 300)), (255, 255, 255))


def test_tiles_join_without_a_seam(tmp_path: Path) -> None:
    slope = Image.linear_gradient("L").resize((5003, 3001))
    made = kept(tmp_path, encoded(slope), (1280, 720)).convert("L")
    column = [made.getpixel((640, y)) for y in range(720)]
    steps = [abs(int(one) - int(other)) for one, other in itertools.pairwise(column)]  # type: ignore[arg-type]
    assert max(steps) <= 3


async def test_pictures_are_made_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ImageStore(tmp_path)
    at_once, most = 0, 0

    async def to_thread(*_: object) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return "name"

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    await asyncio.gather(*(store.add(b"") for _ in range(6)))
    assert most == 1
