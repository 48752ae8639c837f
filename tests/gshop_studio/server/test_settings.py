"""Where settings come from, what is refused, and what is shown of them."""

from __future__ import annotations

import base64
import logging
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.fault_texts import tell
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.settings import Settings, Source, load_settings
from gshop_studio.server.settings_listing import MASK, listing, without_secrets
from gshop_studio.server.start_failed import StartFailed

SECRET_KEY = base64.b64encode(b"k" * 32).decode()
POSTGRES = "postgresql://gshop:CANARY-PASSWORD@db.example/gshop"


def load(tmp_path: Path, file: str = "", environment: dict[str, str] | None = None, **given: Any) -> Settings:
    """Settings of a data directory whose server.toml holds `file`."""
    if file:
        (tmp_path / "server.toml").write_text(file)
        (tmp_path / "server.toml").chmod(0o600)
    return load_settings({"data_dir": tmp_path, **given}, environment=environment or {})


def refusal(tmp_path: Path, file: str = "", environment: dict[str, str] | None = None, **given: Any) -> str:
    """What a person is told of settings that do not fit."""
    with pytest.raises(StartFailed) as caught:
        load(tmp_path, file, environment, **given)
    text = tell(caught.value.fault, "en")
    assert "CANARY" not in text and "CANARY" not in tell(caught.value.fault, "es"), text
    return text


def test_the_command_line_overrules_the_environment_and_that_the_file(tmp_path: Path) -> None:
    file = 'port = 1001\nrate_limit = "1/minute"\nhost = "::1"\ntrusted_proxies = ["10.0.0.0/8"]'
    settings = load(tmp_path, file, {"GSHOP_PORT": "1002", "gshop_rate_limit": "2/minute"}, port=1003)
    config = settings.config
    assert (config.port, config.rate_limit, config.host, config.rtmp_port) == (1003, "2/minute", "::1", 1935)
    assert config.trusted_proxies == ["10.0.0.0/8"]
    assert [settings.sources[name] for name in ("port", "rate_limit", "host", "rtmp_port")] == [
        Source.COMMAND_LINE, Source.ENVIRONMENT, Source.FILE, Source.DEFAULT
    ]  # fmt: skip


def test_a_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "server.toml").write_text("port = 1")
    named = tmp_path / "other.toml"
    named.write_text("port = 2")
    assert load(tmp_path, environment={"GSHOP_CONFIG_FILE": str(named)}).config.port == 2
    assert load_settings({"data_dir": tmp_path}, named, {}).config.port == 2
    assert load(tmp_path).config.port == 1
    with pytest.raises(StartFailed):
        load_settings({"data_dir": tmp_path}, tmp_path / "none.toml", {})


def test_the_file_may_say_where_the_data_lies(tmp_path: Path) -> None:
    file = tmp_path / "named.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"')
    assert load_settings({}, file, {}).config.data_dir == tmp_path / "data"
    with pytest.raises(StartFailed) as caught:
        load_settings({}, None, {})
    assert "--data-dir" in tell(caught.value.fault, "en") and "GSHOP_DATA_DIR" in tell(caught.value.fault, "es")


def test_by_default_nobody_else_reaches_it_and_nothing_is_known_beforehand(tmp_path: Path) -> None:
    """case 45: no default credential; the server and its metrics bind to loopback."""
    settings = load(tmp_path)
    assert settings.config.host == settings.config.metrics_host == "127.0.0.1"
    assert not settings.warnings
    secrets = [name for name in ServerConfig.model_fields if any(word in name for word in ("secret", "token", "key"))]
    assert [name for name in secrets if isinstance(getattr(settings.config, name), str)] == []
    assert settings.config.secret_key is None and settings.config.metrics_token is None


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("rate_limits = 1", "has; perhaps “rate_limit” is meant."),
        ("GSHOP_PORT = 1", "there is no setting “GSHOP_PORT”"),
        ("[database]\nurl = 'CANARY'", "there is no setting “database”"),
        ("secret_key = CANARY", "is not TOML"),
        ('secret_key = "CANARY"', "server.toml) has to be 32 bytes in base64"),
        ("port = 70000", "server.toml) has to be at most 65535."),
        ("port = 'http'", "has to be a whole number"),
        ("port = 1.5", "has to be a whole number"),
        ("access_log = 'perhaps'", "has to be true or false"),
        ("host = 1", "has to be a text"),
        ("country_header = 'a b'", "has to be the name of a header"),
        ("backup_keep = 0", "has to be at least 1."),
        ("metrics_token = 'CANARY'", "GSHOP_METRICS_TOKEN"),
        ("sentry_dsn = 'CANARY'", "GSHOP_SENTRY_DSN"),
        ("log_format = 'xml'", "has to be one of these: console, json."),
        ("database_url = 'mysql://u:CANARY@h/d'", "GSHOP_DATABASE_URL"),
        ("database_url = 'CANARY'", "GSHOP_DATABASE_URL"),
        ("database_url = 'postgresql://u:CANARY@h:CANARY/d'", "GSHOP_DATABASE_URL"),
        (f"database_url = '{POSTGRES}?sslmode=require&sslrootcert=CANARY'", "cannot say sslrootcert"),
        (f"database_url = '{POSTGRES}?password=CANARY'", "cannot say password"),
        (f"database_url = '{POSTGRES}?sslmode=CANARY'", ") has to be one of these: disable, "),
        ("redis_url = 'http://:CANARY@h'", "GSHOP_REDIS_URL"),
        ("redis_url = 'redis://h:CANARY/0'", "GSHOP_REDIS_URL"),
        ("public_url = 'http://h:70000'", "GSHOP_PUBLIC_URL"),
        ("trusted_proxies = ['10.0.0.300']", "GSHOP_TRUSTED_PROXIES"),
        ("chat_rate_limit = 'many'", "has to be a rate such as 100/minute"),
        ("rate_limit = '0/minute'", "GSHOP_RATE_LIMIT"),
        ("auth_rate_limit = '1/99999999999 years'", "GSHOP_AUTH_RATE_LIMIT"),
        ("access_token_s = inf", "GSHOP_ACCESS_TOKEN_S"),
        ("presence_s = nan", "GSHOP_PRESENCE_S"),
        ("refresh_token_days = 1e9", "GSHOP_REFRESH_TOKEN_DAYS"),
        ("backup_every_h = nan", "GSHOP_BACKUP_EVERY_H"),
        ("host = ''", "GSHOP_HOST"),
        ("host = 'http://127.0.0.1'", "GSHOP_HOST"),
        ("metrics_host = ' '", "GSHOP_METRICS_HOST"),
        ("images_dir = ''", "GSHOP_IMAGES_DIR"),
        ("backup_dir = ' '", "GSHOP_BACKUP_DIR"),
        ("port = 5000\nrtmp_port = 5000", "GSHOP_PORT and GSHOP_RTMP_PORT are both 5000"),
        ("metrics_port = 8080", "GSHOP_PORT and GSHOP_METRICS_PORT are both 8080"),
        (f"database_url = '{POSTGRES}'\nredis_url = 'redis://h'", "GSHOP_SECRET_KEY is needed"),
        ("role = 'api'", "GSHOP_PUBLIC_URL, GSHOP_PUBLIC_RTMP_URL."),
        ("payments = 'cash'", "has to be one of these: sandbox, mercadopago."),
        ("payments = 'mercadopago'", "GSHOP_MERCADOPAGO_ACCESS_TOKEN, GSHOP_MERCADOPAGO_WEBHOOK_SECRET, GSHOP_MERCADO"),
        ("mercadopago_webhook_secret = 'CANARY'", "GSHOP_MERCADOPAGO_WEBHOOK_SECRET"),
        ("mercadopago_currency = 'real'", "has to be a currency, such as BRL"),
        ("mercadopago_url = 'ftp://h'", "GSHOP_MERCADOPAGO_URL"),
        ("payment_notice_tolerance_s = 0", "has to be more than 0"),
        ("payment_notice_tolerance_s = -1", "has to be more than 0"),
        ("payment_notice_tolerance_s = 1e9", "has to be at most 3600"),
        ("payment_notice_tolerance_s = 'never'", "GSHOP_PAYMENT_NOTICE_TOLERANCE_S"),
        ("smtp_url = 'smtp://h'", "GSHOP_MAIL_FROM is needed where there is a GSHOP_SMTP_URL"),
        ("smtp_url = 'http://h'", "GSHOP_SMTP_URL"),
        ("mail_from = 'nobody'", "has to be an e-mail address"),
        ("mail_from = 'A <a@example.com>, B <b@example.com>'", "has to be an e-mail address"),
        ('mail_from = "A <a@example.com>\\r\\nBcc: b@example.com"', "has to be an e-mail address"),
        ("time_zone = 'Mars/Olympus'", "has to be a time zone, such as America/Lima"),
        ("fcm_credentials_file = 'nowhere.json'", "has to name a service account's file"),
    ],
)
def test_nonsense_is_refused_by_name_without_its_value(tmp_path: Path, file: str, told: str) -> None:
    assert told in (said := refusal(tmp_path, file))
    assert "nput should" not in said and "Value error" not in said, "in our words"


@pytest.mark.parametrize(
    ("language", "file", "told"),
    [
        ("es", "port = 70000", "Estos ajustes no encajan: GSHOP_PORT ({file}) tiene que ser como máximo 65535."),
        ("pt", "port = 5000\nrtmp_port = 5000", "GSHOP_PORT e GSHOP_RTMP_PORT são ambos 5000."),
        ("es", "a = ", "Estos ajustes no encajan: {file} no es TOML."),
        ("pt", "rate_limits = 1", "que está em {file}; talvez seja “rate_limit”."),
    ],
)
def test_all_of_a_complaint_is_in_the_persons_language(tmp_path: Path, language: str, file: str, told: str) -> None:
    with pytest.raises(StartFailed) as caught:
        load(tmp_path, file)
    assert tell(caught.value.fault, language).endswith(told.format(file=tmp_path / "server.toml"))


def test_a_server_without_media_says_where_players_find_it(tmp_path: Path) -> None:
    """Its own address would answer them 404."""
    shared: dict[str, Any] = {
        "database_url": POSTGRES, "redis_url": "redis://h", "secret_key": SECRET_KEY, "role": "api"
    }  # fmt: skip
    told = refusal(tmp_path, **shared, public_rtmp_url="rtmp://live.example.com/live")
    assert told.endswith("where GSHOP_ROLE is api, these are needed too: GSHOP_PUBLIC_URL.")


def test_an_empty_data_directory_is_not_the_one_it_is_started_in(tmp_path: Path) -> None:
    with pytest.raises(StartFailed) as caught:
        load_settings({}, environment={"GSHOP_DATA_DIR": ""})
    assert "GSHOP_DATA_DIR is empty" in tell(caught.value.fault, "en")
    assert "GSHOP_IMAGES_DIR" in refusal(tmp_path, environment={"GSHOP_IMAGES_DIR": ""})


def test_what_is_allowed_and_perhaps_not_meant_is_said(tmp_path: Path) -> None:
    environment = {"GSHOP_RATE_LIMITS": "1/minute", "GSHOP_LANGUAGE": "es", "GSHOP_HOME": "/x", "OTHER": "x"}
    (tmp_path / "server.toml").write_text(f'secret_key = "{SECRET_KEY}"')
    (tmp_path / "server.toml").chmod(0o644)
    warnings = load_settings({"data_dir": tmp_path, "host": "0.0.0.0"}, environment=environment).warnings
    assert len(warnings) == 4, warnings
    assert "GSHOP_RATE_LIMITS" in warnings[0] and "chmod 600" in warnings[1] and "0.0.0.0" in warnings[2]
    assert "no money moves" in warnings[3]
    assert SECRET_KEY not in str(warnings)


def test_an_address_is_no_secret(tmp_path: Path) -> None:
    for setting, is_secret in (('mail_from = "shop@example.com"', False), ('redis_url = "redis://:pw@cache/0"', True)):
        (tmp_path / "server.toml").write_text(setting)
        (tmp_path / "server.toml").chmod(0o644)
        warnings = load_settings({"data_dir": tmp_path}, environment={}).warnings
        assert any("chmod 600" in warning for warning in warnings) is is_secret


def test_the_listing_shows_all_but_secrets_and_can_be_a_file_again(tmp_path: Path) -> None:
    environment = {
        "GSHOP_DATABASE_URL": POSTGRES,
        "GSHOP_REDIS_URL": "redis://:CANARY-REDIS@cache.example:6379/0",
        "GSHOP_SECRET_KEY": SECRET_KEY,
        "GSHOP_SMTP_URL": "smtps://shop:CANARY-SMTP@mail.example",
        "GSHOP_MAIL_FROM": "Shop <shop@mail.example>",
        "GSHOP_METRICS_TOKEN": "CANARY-of-sixteen",
        "GSHOP_SENTRY_DSN": "https://CANARYkey@sentry.example/1",
        "GSHOP_MERCADOPAGO_ACCESS_TOKEN": "CANARY-access-token",
        "GSHOP_MERCADOPAGO_WEBHOOK_SECRET": "CANARY-webhook-secret",
    }
    settings = load(tmp_path, 'rate_limit = "7/minute"', environment, port=1003)
    text = listing(settings)
    assert "CANARY" not in text and SECRET_KEY not in text
    assert "port = 1003  # command line" in text and 'rate_limit = "7/minute"  # file' in text
    assert f'\n# database_url = "postgresql://gshop:{MASK}@db.example/gshop"  # environment' in text
    assert "rtmp_port = 1935  # default" in text and "# public_url is not set" in text
    assert tomllib.loads(text)["port"] == 1003
    again = tmp_path / "again.toml"
    again.write_text(text)
    config = load_settings({}, again, {}).config
    assert config.data_dir == tmp_path and config.rate_limit == "7/minute" and config.secret_key is None
    shown = {name for name in ServerConfig.model_fields if f"{name} = " in text or f"# {name} is not set" in text}
    assert shown == set(ServerConfig.model_fields)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@h:1/0", f"redis://:{MASK}@h:1/0"),
        ("redis://h:1/0?password=pw", f"redis://h:1/0?password={MASK}"),
        ("https://live.example.com/a", "https://live.example.com/a"),
        ("postgresql://me@h/d", "postgresql://me@h/d"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_settings_are_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """case 44."""
    with caplog.at_level(logging.DEBUG):
        load(tmp_path, environment={"GSHOP_SECRET_KEY": SECRET_KEY})
    assert SECRET_KEY not in caplog.text
