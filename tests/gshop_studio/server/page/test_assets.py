"""Which files can be reached from outside, and which cannot."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gshop_studio.server.page.assets import AssetShelf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    viewer = tmp_path / "viewer"
    (viewer / "scripts").mkdir(parents=True)
    (viewer / "scripts" / "watch.js").write_text("let page = 1;\n" * 100, "utf-8")
    (viewer / ".stamp").write_text("x", "utf-8")
    (viewer / "notes.md").write_text("x", "utf-8")
    (tmp_path / "secret.json").write_text("{}", "utf-8")
    return viewer


def test_a_file_comes_with_its_kind_and_compressed(folder: Path) -> None:
    asset = AssetShelf({"": folder}).find("scripts/watch.js")
    assert asset is not None
    assert asset.media_type.startswith("text/javascript")
    assert asset.gzipped is not None and gzip.decompress(asset.gzipped) == asset.content


def test_a_change_on_disk_is_seen_and_has_another_tag(folder: Path) -> None:
    shelf = AssetShelf({"": folder})
    before = shelf.find("scripts/watch.js")
    (folder / "scripts" / "watch.js").write_text("let page = 22;", "utf-8")
    after = shelf.find("scripts/watch.js")
    assert before is not None and after is not None
    assert after.content == b"let page = 22;" and after.etag != before.etag


@pytest.mark.parametrize(
    "path",
    [
        "../secret.json",
        "scripts/../../secret.json",
        "..\\secret.json",
        "scripts/..\\..\\secret.json",
        "/etc/passwd",
        "//secret.json",
        ".stamp",
        "notes.md",
        "scripts",
        "scripts/",
        "",
        "scripts/watch.js\0.json",
        "scripts/nothing.js",
    ],
)
def test_what_is_outside_hidden_or_not_a_page_file_is_not_there(folder: Path, path: str) -> None:
    """case 35"""
    assert AssetShelf({"": folder}).find(path) is None


def test_an_absolute_path_is_not_there(folder: Path) -> None:
    """case 35"""
    assert AssetShelf({"": folder}).find(str(folder.parent / "secret.json")) is None


def test_links_are_not_followed(folder: Path) -> None:
    """case 35"""
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    (folder / "out").symlink_to(folder.parent)
    shelf = AssetShelf({"": folder})
    assert shelf.find("link.json") is None
    assert shelf.find("out/secret.json") is None


def test_folders_are_served_under_their_prefix(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "es.json").write_text('{"a": "b"}', "utf-8")
    asset = AssetShelf({"": folder, "translations/": texts}).find("translations/es.json")
    assert asset is not None and asset.content == b'{"a": "b"}'
