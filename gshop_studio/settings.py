"""What the person chose: language, theme, devices, quality, the shop. A JSON file, validated, written atomically.

No secrets: those go to `client.credentials`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gshop_studio.domain.quality import DEFAULT_QUALITY, Quality

FILE_NAME = "settings.json"
DEFAULT_VIDEO = "test"
DEFAULT_AUDIO = "tone"
_log = logging.getLogger(__name__)


class Settings(BaseModel):
    """One person's choices on this computer. Unknown and unfit entries of the file fall back to these defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Literal["en", "es", "pt"] | None = None
    """None: as the system."""
    theme: Literal["dark", "light"] | None = None
    """None: as the system, dark where the system has no say."""
    quality: Quality = DEFAULT_QUALITY
    orientation: str = "landscape"
    encoder: str = ""
    """Empty: the engine's own choice."""
    video_source: str | None = None
    """None: the first camera, or the test card where there is none."""
    audio_source: str | None = None
    """None: the first microphone, or the test tone where there is none."""
    gain_db: float = Field(default=0.0, ge=-60, le=20)
    alone_stop_s: float = Field(default=600.0, ge=10, le=24 * 3600)
    """How long a show goes on when this studio is gone and none comes back."""
    server_url: str = ""
    """The shop of the last sign-in."""
    is_local_server: bool = False
    """Whether that shop is the one on this computer."""
    email: str = ""


class SettingsFile:
    """The settings and the file they lie in.

    Args:
        path: need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.value = self._read()

    def change(self, **changes: Any) -> Settings:
        """Change some of them and write all; a file that cannot be written is logged, the choice holds for this run."""
        self.value = Settings.model_validate(self.value.model_dump() | changes)
        try:
            self._write(self.value.model_dump_json(indent=2))
        except OSError as error:
            _log.warning("settings are not saved: %s", error.strerror)
        return self.value

    def _read(self) -> Settings:
        try:
            return Settings.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Settings()
        except (OSError, ValidationError) as error:
            _log.warning("settings are not readable, defaults are used: %s", type(error).__name__)
            return Settings()

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f".{FILE_NAME}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise
