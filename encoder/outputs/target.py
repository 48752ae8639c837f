"""Where a broadcast goes: the parts of an ingest URL. The key is never one of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from encoder.errors import OutputError
from gshop_studio.engine_protocol import Fault
from gshop_studio.logs import redact

_DEFAULT_PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class RtmpTarget:
    """An application on a server."""

    host: str
    port: int
    app: str
    is_tls: bool

    @classmethod
    def parse(cls, url: str) -> RtmpTarget:
        """From `rtmp://host[:port]/app` or `rtmps://...`.

        Raises:
            OutputError: `ingest.bad_url`, final.
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError:
            raise _bad(url) from None
        app = parts.path.strip("/")
        default_port = _DEFAULT_PORTS.get(parts.scheme.lower())
        has_extras = parts.username is not None or parts.fragment
        is_printable = url.strip().isprintable() and " " not in url.strip()
        if default_port is None or not parts.hostname or not app or has_extras or port == 0 or not is_printable:
            raise _bad(url)
        app = f"{app}?{parts.query}" if parts.query else app
        return cls(parts.hostname, port or default_port, app, parts.scheme.lower() == "rtmps")

    @property
    def tc_url(self) -> str:
        """As the protocol's connect call wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rtmps' if self.is_tls else 'rtmp'}://{host}:{self.port}/{self.app}"

    @property
    def place(self) -> dict[str, str]:
        """For faults and logs."""
        return {"host": self.host, "port": str(self.port)}

    def fault(self, code: str, *, is_final: bool = False, **params: str) -> OutputError:
        """An error that names this place."""
        return OutputError(Fault(code, self.place | params), is_final=is_final)


def _bad(url: str) -> OutputError:
    # What follows the application, or stands before the host, may be a secret somebody put there by mistake.
    shown = redact(url.strip())
    scheme, colon, rest = shown.partition("://")
    shown = f"{scheme}{colon}{rest.rpartition('@')[2]}".partition("?")[0]
    return OutputError(Fault("ingest.bad_url", {"url": shown[:200]}), is_final=True)
