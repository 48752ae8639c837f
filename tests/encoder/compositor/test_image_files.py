"""Picture files: limited, safe, and a bad one is a fault with its path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from encoder.compositor import image_files
from encoder.compositor.image_files import ImageFiles
from encoder.errors import SourceError


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as raised:
        ImageFiles().read(str(path))
    assert raised.value.fault.code == "source.unreadable"
    assert raised.value.fault.params["source"] == str(path)
    return raised.value.fault.params["reason"]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp"])
def test_the_usual_formats_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (40, 30), "#FF0000").save(path)
    image = ImageFiles().read(str(path))
    assert (image.mode, image.size) == ("RGBA", (40, 30))


def test_a_picture_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path, files = tmp_path / "picture.png", ImageFiles()
    Image.new("RGB", (40, 30)).save(path)
    first = files.read(str(path))
    assert files.read(str(path)) is first
    Image.new("RGB", (50, 30)).save(path)
    os.utime(path, ns=(1, 1))
    assert files.read(str(path)).width == 50


def test_a_large_picture_is_kept_smaller_and_a_turned_one_is_turned(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # a phone held upright
    Image.new("RGB", (4000, 3000)).save(path, exif=exif)
    image = ImageFiles().read(str(path))
    assert image.height > image.width and image.height <= image_files.LARGEST_SIDE_PX


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.png")
    assert refused(tmp_path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    assert refused(broken)
    whole = tmp_path / "whole.png"
    Image.effect_noise((60, 60), 90).save(whole)
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:900])
    assert refused(cut)
    script = tmp_path / "script.png"
    script.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    assert refused(script), "no decoder that runs another program"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert refused(pipe)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(path)
    assert "too many" in refused(path) or "bomb" in refused(path)
    monkeypatch.setattr(image_files, "MAX_FILE_BYTES", 100)
    assert "larger" in refused(path)
