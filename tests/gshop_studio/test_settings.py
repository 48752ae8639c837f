"""Settings survive a restart, a broken file and a disk that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gshop_studio.settings import Settings, SettingsFile


def test_a_choice_is_there_at_the_next_start(tmp_path: Path) -> None:
    SettingsFile(tmp_path / "deep" / "settings.json").change(language="es", gain_db=-3)
    again = SettingsFile(tmp_path / "deep" / "settings.json").value
    assert (again.language, again.gain_db) == ("es", -3)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["settings.json"]


@pytest.mark.parametrize("content", ["", "{", '{"language": "xx"}', "[]"])
def test_a_broken_file_means_the_defaults(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    assert SettingsFile(path).value == Settings()


def test_a_choice_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        SettingsFile(tmp_path / "settings.json").change(theme="pink")


def test_a_disk_that_refuses_keeps_the_choice_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = SettingsFile(tmp_path / "file" / "settings.json")
    settings.change(theme="light")
    assert settings.value.theme == "light"
