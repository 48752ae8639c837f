"""Where the video encoder was before it got a package of its own."""

from __future__ import annotations

from encoder.encoders.video_encoder import VideoEncoder

__all__ = ["VideoEncoder"]
