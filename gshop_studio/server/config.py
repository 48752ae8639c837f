"""The server's settings, each with a default that works on a laptop. `settings` says where they come from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gshop_studio.domain.stream_life import MEDIA_LOST_HOLD_S, NO_MEDIA_AFTER_START_S
from gshop_studio.domain.time_zones import is_time_zone
from gshop_studio.server.secret_key import SecretKey

_SHORTEST_TOKEN = 16
_HOST = re.compile(r"[^\s/]+")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_LONGEST_S = 31 * 24 * 3600.0
_OF_LIBPQ = {"sslmode": "ssl"}
"""Options of a database URL that the driver calls otherwise."""
_DATABASE_OPTIONS = frozenset({"host", "port", "ssl"})
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def _wrong(code: str, **facts: str) -> PydanticCustomError:
    """A complaint by the code of its text (`reason_texts`). It never repeats the value, which may be a secret."""
    return PydanticCustomError(code, "{code}", {"code": code, **facts})


def _rate(text: str) -> str:
    try:
        rate = parse(text)
    except ValueError:
        raise _wrong("setting.rate") from None
    if rate.amount < 1 or rate.get_expiry() > _LONGEST_S:
        raise _wrong("setting.rate_range")
    return text


def _not_empty(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise _wrong("setting.empty")
    return value


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise _wrong("setting.host")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise _wrong("setting.header")
    return text


def _url(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        wrong = _wrong("setting.url", schemes=", ".join(f"{scheme}://" for scheme in schemes))
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
            raise wrong
        try:
            _ = parts.port
        except ValueError:
            raise wrong from None  # its own message may show a piece of a password
        return url.rstrip("/")

    return AfterValidator(check)


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the latter: its port is no number
        raise _wrong("setting.database_url") from None  # its own message may show a password
    if url.get_backend_name() != "postgresql" or not url.database:
        raise _wrong("setting.database_url")
    query = _of_driver(url.query)
    if unknown := query.keys() - _DATABASE_OPTIONS:
        raise _wrong("setting.database_option", names=", ".join(sorted(unknown)))
    if query.get("ssl", "prefer") not in _SSL_MODES:
        raise _wrong("setting.sslmode", choices=", ".join(_SSL_MODES))
    return text


def _of_driver(query: Mapping[str, Any]) -> dict[str, Any]:
    return {_OF_LIBPQ.get(name, name): value for name, value in query.items()}


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise _wrong("setting.network") from None


def _secret_key(secret: SecretStr) -> SecretStr:
    try:
        SecretKey.parse(secret.get_secret_value(), "it")
    except ValueError:
        raise _wrong("setting.secret_key") from None
    return secret


def _long_token(token: SecretStr) -> SecretStr:
    if len(token.get_secret_value()) < _SHORTEST_TOKEN:
        raise _wrong("setting.too_short", limit=str(_SHORTEST_TOKEN))
    return token


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise _wrong("setting.currency")
    return text


def _mail_from(text: str) -> str:
    found = [address for _, address in getaddresses([text])]
    if len(found) != 1 or not _MAIL_ADDRESS.fullmatch(found[0]) or not text.isprintable():
        raise _wrong("setting.mail_from")
    return text


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise _wrong("setting.time_zone")
    return name


def _fcm_credentials(file: Path) -> Path:
    from gshop_studio.server.notifications.fcm_account import ServiceAccount  # heavy, and seldom needed

    try:
        ServiceAccount.read(file)
    except (OSError, ValueError):
        raise _wrong("setting.fcm_credentials") from None  # its own message may show a piece of a key
    return file


def _sentry_dsn(dsn: SecretStr) -> SecretStr:
    parts = urlsplit(dsn.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username or not parts.path.strip("/"):
        raise _wrong("setting.dsn")
    return dsn


Rate = Annotated[str, AfterValidator(_rate)]
"""As `100/minute` or `10/10 seconds`."""
Folder = Annotated[Path, BeforeValidator(_not_empty)]
"""An empty one would be whatever folder the server is started in."""
Host = Annotated[str, BeforeValidator(_not_empty), AfterValidator(_host)]
"""A name or address to listen on. An empty one would be every address there is."""
Days = Annotated[int, Field(ge=0, le=36_500)]
Seconds = Annotated[float, Field(gt=0, le=_LONGEST_S)]


class ServerConfig(BaseSettings):
    """Everything a running server may be told. Frozen: read once, at the start."""

    model_config = SettingsConfigDict(env_prefix="GSHOP_", frozen=True, extra="ignore")

    data_dir: Folder
    role: Literal["all", "api"] = "all"
    """`api` leaves media to one server of role `all` on the same database and Redis."""
    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 picks a free one."""
    rtmp_port: Annotated[int, Field(ge=0, le=65535)] = 1935
    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """Where it is not a SQLite file in the data directory: postgresql://user:password@host/name, as it was given."""
    redis_url: Annotated[str, _url("redis", "rediss", "unix")] | None = None
    """What several servers share: events, presence, limits, caches."""
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = None
    """32 bytes in base64, the same for all servers of one database; without it `secret.key` in the data directory."""
    images_dir: Folder | None = None
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
    reaction_rate_limit: Rate = "50/10 seconds"
    event_rate_limit: Rate = "50/10 seconds"
    """Of one socket, whatever it sends; of one person twice, of the anonymous of one address twenty times as many."""
    max_connections_per_address: Annotated[int, Field(ge=1)] = 50
    max_connections_per_person: Annotated[int, Field(ge=1)] = 20
    country_header: Annotated[str, AfterValidator(_header)] | None = None
    """The header in which a trusted proxy says a viewer's country (`CF-IPCountry`); without it none is kept."""

    perspective_url: Annotated[str, _url("http", "https")] | None = None
    """A server that scores how toxic a message is, as Perspective does; without it the server scores by itself."""
    perspective_key: SecretStr | None = None

    payments: Literal["sandbox", "mercadopago"] = "sandbox"
    """Who takes the money. The sandbox takes none."""
    mercadopago_access_token: SecretStr | None = None
    mercadopago_webhook_secret: Annotated[SecretStr, AfterValidator(_long_token)] | None = None
    """What Mercado Pago signs its notices with."""
    mercadopago_currency: Annotated[str, AfterValidator(_currency)] | None = None
    """Of the account: it takes no other."""
    mercadopago_url: Annotated[str, _url("http", "https")] = "https://api.mercadopago.com"
    reservation_s: Annotated[float, Field(ge=30, le=24 * 3600)] = 600.0
    """How long an order's goods are kept while it is being paid."""
    payment_notice_tolerance_s: Annotated[float, Field(gt=0, le=3600)] = 300.0
    """How far from now a notice may have been signed."""

    smtp_url: Annotated[str, _url("smtp", "smtps")] | None = None
    """Where e-mail is handed in: smtp://user:password@host:587, over TLS where it is offered. None without it."""
    mail_from: Annotated[str, AfterValidator(_mail_from)] | None = None
    """Of whom it is: GSHOP <shop@example.com>."""
    fcm_credentials_file: Annotated[Folder, AfterValidator(_fcm_credentials)] | None = None
    """A service account's file, as Firebase gives it: push messages go out by it. None do without it."""
    fcm_url: Annotated[str, _url("http", "https")] = "https://fcm.googleapis.com"
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    """The shop's, by whose clock it is night for who has not said theirs."""

    access_token_s: Seconds = 15 * 60.0
    refresh_token_days: Annotated[float, Field(gt=0, le=3660)] = 30.0
    media_lost_hold_s: Seconds = MEDIA_LOST_HOLD_S
    no_media_after_start_s: Seconds = NO_MEDIA_AFTER_START_S
    presence_s: Seconds = 90.0
    """How long a viewer counts after the last ping."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False
    """A line in the log for each request answered: method, route, status, milliseconds."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where Prometheus may ask, without a token; 0 picks a free one."""
    metrics_host: Host = "127.0.0.1"
    metrics_token: Annotated[SecretStr, AfterValidator(_long_token)] | None = None
    """With it, `/metrics` on the HTTP port answers who brings it as a bearer token."""
    sentry_dsn: Annotated[SecretStr, AfterValidator(_sentry_dsn)] | None = None
    """Where faults are reported to, without personal data. Nothing is sent without it."""
    sentry_environment: Annotated[str, Field(max_length=64)] = "production"
    backup_every_h: Annotated[float, Field(ge=0, le=24 * 31)] = 6.0
    """How old the newest backup of a SQLite database may be; 0 makes none."""
    backup_keep: Annotated[int, Field(ge=1, le=1000)] = 8
    backup_dir: Folder | None = None
    """Where backups are kept; without it a folder of the data directory, which is on the same disk."""

    keep_messages_days: Days = 730
    """How long what was said in a show is kept; 0 is for ever, as for the others."""
    keep_event_log_days: Days = 365
    """The logs of shows' rooms, of which the chat log is made."""
    keep_moderation_log_days: Days = 365
    """What moderators did, and bans."""
    keep_metrics_days: Days = 730
    keep_viewers_days: Days = 730
    """Who watched; that somebody did is kept."""
    keep_guests_days: Days = 30
    """Guests who did not come back."""
    keep_notifications_days: Days = 90
    """What people were told, and what became of it on its way."""
    keep_carts_days: Days = 30
    """Whose a cart was that nobody touches any more; that there was one stays counted."""
    keep_orders_days: Days = 3650
    """Who bought: the order itself stays in the books, nobody's. Ten years is what the strictest books ask for."""
    keep_payment_notices_days: Days = 1
    """Payment notices that are done: long after none could be sent again."""
    keep_done_tasks_days: Days = 7
    """What followed a commit and is done; meanwhile it is not done again."""

    @model_validator(mode="after")
    def _fits_together(self) -> ServerConfig:
        """Settings that are right each by itself and wrong together. The message names them."""
        if self.database_url and self.redis_url and self.secret_key is None:
            raise _wrong("settings.no_secret_key")
        needed = {
            "GSHOP_DATABASE_URL": self.database_url,
            "GSHOP_REDIS_URL": self.redis_url,
            "GSHOP_PUBLIC_URL": self.public_url,  # its own address answers 404 to players
            "GSHOP_PUBLIC_RTMP_URL": self.public_rtmp_url,
        }
        if self.role == "api" and (missing := [name for name, value in needed.items() if not value]):
            raise _wrong("settings.of_api", names=", ".join(missing))
        if self.perspective_key and not self.perspective_url:
            raise _wrong("settings.no_perspective_url")
        of_mercadopago = {
            "GSHOP_MERCADOPAGO_ACCESS_TOKEN": self.mercadopago_access_token,
            "GSHOP_MERCADOPAGO_WEBHOOK_SECRET": self.mercadopago_webhook_secret,
            "GSHOP_MERCADOPAGO_CURRENCY": self.mercadopago_currency,
        }
        if self.payments == "mercadopago" and (absent := [name for name, value in of_mercadopago.items() if not value]):
            raise _wrong("settings.of_mercadopago", names=", ".join(absent))
        if self.smtp_url and not self.mail_from:
            raise _wrong("settings.no_mail_from")
        ports = {"GSHOP_PORT": self.port, "GSHOP_RTMP_PORT": self.rtmp_port, "GSHOP_METRICS_PORT": self.metrics_port}
        names_by_port: dict[int, str] = {}
        for name, port in ports.items():
            if port and (other := names_by_port.setdefault(port, name)) != name:
                raise _wrong("settings.same_port", one=other, other=name, port=str(port))
        return self

    @property
    def backups(self) -> Path:
        return self.backup_dir or self.data_dir / "backups"

    @property
    def database_path(self) -> Path:
        return self.data_dir / "gshop.db"

    @property
    def database(self) -> str:
        """The URL the engine takes, as its driver wants it."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.database_path}"
        url = make_url(self.database_url)
        given = url.set(drivername="postgresql+asyncpg", query=_of_driver(url.query))
        return given.render_as_string(hide_password=False)

    @property
    def images(self) -> Path:
        return self.images_dir or self.data_dir / "images"
