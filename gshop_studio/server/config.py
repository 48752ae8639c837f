"""The server's settings: from `GSHOP_*` in the environment, overruled by the command line."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gshop_studio.domain.stream_life import MEDIA_LOST_HOLD_S, NO_MEDIA_AFTER_START_S


def _rate(text: str) -> str:
    parse(text)  # raises ValueError
    return text


def _url(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"not an absolute {' or '.join(schemes)} URL")
        return url.rstrip("/")

    return AfterValidator(check)


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError("not a database URL") from error  # the text may hold a password
    if url.get_backend_name() != "postgresql" or not url.database:
        raise ValueError("not a postgresql:// URL with a database's name")
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


Rate = Annotated[str, AfterValidator(_rate)]
"""As `100/minute` or `10/10 seconds`."""


class ServerConfig(BaseSettings):
    """Everything a running server may be told. Frozen: read once, at the start."""

    model_config = SettingsConfigDict(env_prefix="GSHOP_", frozen=True, extra="ignore")

    data_dir: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 picks a free one."""
    rtmp_port: Annotated[int, Field(ge=0, le=65535)] = 1935
    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """Where it is not a SQLite file in the data directory: postgresql://user:password@host/name."""
    redis_url: Annotated[str, _url("redis", "rediss", "unix")] | None = None
    """What several servers share: events, presence, limits, caches."""
    secret_key: SecretStr | None = None
    """32 bytes in base64, the same for all servers of one database; without it `secret.key` in the data directory."""
    images_dir: Path | None = None
    """Where pictures are kept, shared by all servers; without it a folder of the data directory."""
    public_url: Annotated[str, _url("http", "https")] | None = None
    """What buyers' browsers use, where it is not the address bound."""
    public_rtmp_url: Annotated[str, _url("rtmp", "rtmps")] | None = None
    """What publishers use, application included: rtmp://live.example.com/live."""
    trusted_proxies: Annotated[list[Annotated[str, AfterValidator(_network)]], NoDecode, BeforeValidator(_list)] = []
    """Addresses or networks whose `X-Forwarded-For` is believed."""

    rate_limit: Rate = "100/minute"
    auth_rate_limit: Rate = "10/minute"
    guest_rate_limit: Rate = "60/minute"
    chat_rate_limit: Rate = "10/10 seconds"
    max_connections_per_address: Annotated[int, Field(ge=1)] = 50

    access_token_s: Annotated[float, Field(gt=0)] = 15 * 60.0
    refresh_token_days: Annotated[float, Field(gt=0)] = 30.0
    media_lost_hold_s: Annotated[float, Field(gt=0)] = MEDIA_LOST_HOLD_S
    no_media_after_start_s: Annotated[float, Field(gt=0)] = NO_MEDIA_AFTER_START_S
    presence_s: Annotated[float, Field(gt=0)] = 90.0
    """How long a viewer counts after the last ping."""

    @property
    def database_path(self) -> Path:
        return self.data_dir / "gshop.db"

    @property
    def database(self) -> str:
        """The URL the engine takes."""
        return self.database_url or f"sqlite+aiosqlite:///{self.database_path}"

    @property
    def images(self) -> Path:
        return self.images_dir or self.data_dir / "images"
