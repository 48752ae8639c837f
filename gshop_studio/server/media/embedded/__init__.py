"""The embedded back end: RTMP ingest, packaging to HLS, and playback, inside the server's process."""

from gshop_studio.server.media.embedded.backend import EmbeddedMedia
from gshop_studio.server.media.embedded.limits import MediaLimits

__all__ = ["EmbeddedMedia", "MediaLimits"]
