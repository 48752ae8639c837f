"""What holds for every test: no display is needed, and nobody's own settings are touched."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["GSHOP_LANGUAGE"] = "en"
os.environ.pop("GSHOP_STREAM_KEY", None)
