"""Where settings come from: the command line, else `GSHOP_*` in the environment, else a file, else the defaults.

The file is TOML, one line a setting, under the same names without the prefix: `rate_limit = "200/minute"`. It is the
one named by `--config` or `GSHOP_CONFIG_FILE`, else `server.toml` in the data directory where there is one.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FaultBecause
from gshop_studio.reason_texts import REASON_TEXTS, reason_of
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.start_failed import StartFailed

PREFIX = "GSHOP_"
FILE_NAME = "server.toml"
FILE_SETTING = f"{PREFIX}CONFIG_FILE"
_OF_OTHERS = ("HOME", "LANGUAGE", "STREAM_KEY", "CONFIG_FILE", "TEST_DATABASE_URL", "TEST_REDIS_URL")
"""What other programs of ours, and the tests, read from the environment."""
_CODES = {
    "missing": "setting.missing",
    "int_type": "setting.whole_number",
    "int_parsing": "setting.whole_number",
    "int_parsing_size": "setting.whole_number",
    "int_from_float": "setting.whole_number",
    "float_type": "setting.number",
    "float_parsing": "setting.number",
    "finite_number": "setting.number",
    "bool_type": "setting.yes_or_no",
    "bool_parsing": "setting.yes_or_no",
    "string_type": "setting.text",
    "path_type": "setting.text",
    "greater_than": "setting.not_above",
    "greater_than_equal": "setting.too_small",
    "less_than_equal": "setting.too_large",
    "string_too_long": "setting.too_long",
    "literal_error": "setting.not_a_choice",
}
"""Pydantic's complaints in our words."""
_USER_IN_URL = re.compile(r"\w+://[^/]*@")
_LIMITS = ("ge", "gt", "le", "max_length")


class Source(StrEnum):
    COMMAND_LINE = "command line"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, and where each of them comes from."""

    config: ServerConfig
    sources: Mapping[str, Source]
    """By the name of `ServerConfig`'s field."""
    file: Path | None
    warnings: tuple[str, ...] = ()
    """What is allowed, and perhaps not meant. For the log."""


def load_settings(
    given: Mapping[str, Any], file: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings. `given` is what the command line says.

    Raises:
        StartFailed: one of them is wrong; says which and why, never its value.
    """
    environment = os.environ if environment is None else environment
    named = _named(environment)
    file = file or _path(environment.get(FILE_SETTING)) or _beside(given.get("data_dir") or named.get("data_dir"))
    from_file = _read(file) if file is not None else {}
    sources = {
        name: Source.COMMAND_LINE if name in given
        else Source.ENVIRONMENT if name in named
        else Source.FILE if name in from_file
        else Source.DEFAULT
        for name in ServerConfig.model_fields
    }  # fmt: skip
    try:
        config = ServerConfig(**{**from_file, **named, **given})
    except ValidationError as error:
        raise _wrong(*(_complaint(item, sources, file) for item in error.errors())) from error
    return Settings(config, sources, file, tuple(_warnings(config, sources, file, environment)))


def environment_name(setting: str) -> str:
    """What a setting is called in the environment."""
    return f"{PREFIX}{setting.upper()}"


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings the environment holds, by the field's name."""
    upper = {name.upper(): value for name, value in environment.items()}
    return {
        name: upper[environment_name(name)] for name in ServerConfig.model_fields if environment_name(name) in upper
    }


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _beside(data_dir: Path | str | None) -> Path | None:
    file = Path(data_dir) / FILE_NAME if data_dir else None
    return file if file is not None and file.is_file() else None


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            values = tomllib.load(opened)
    except OSError as error:
        because = FaultBecause("settings.file_unreadable", {"file": str(file)}, (reason_of(error),))
        raise _wrong(because) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(Fault("settings.not_toml", {"file": str(file)})) from error
    for name in values:
        if name not in ServerConfig.model_fields:
            facts = {"name": name, "file": str(file)}
            if meant := _meant(name):
                raise _wrong(Fault("settings.misspelt", facts | {"meant": meant}))
            raise _wrong(Fault("settings.unknown", facts))
    return values


def _meant(name: str) -> str | None:
    close = difflib.get_close_matches(name.lower().removeprefix(PREFIX.lower()), ServerConfig.model_fields, 1)
    return close[0] if close else None


def _complaint(item: Any, sources: Mapping[str, Source], file: Path | None) -> Fault:
    """One setting that is wrong, or several that do not fit together, without their values."""
    kind, context = str(item["type"]), item.get("ctx") or {}
    facts = {name: str(value) for name, value in context.items() if name != "expected"}
    if item["loc"]:
        name = str(item["loc"][0])
        facts["setting"] = environment_name(name) + (f" ({file})" if sources.get(name) is Source.FILE else "")
        if kind == "missing" and name == "data_dir":
            return Fault("setting.no_data_dir")
    if kind in REASON_TEXTS:
        return Fault(kind, facts)
    code = _CODES.get(kind, "setting.unfit")
    for name in _LIMITS:
        if name in context:
            facts["limit"] = str(context[name])
    if code == "setting.not_a_choice":
        facts["choices"] = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
    return Fault(code, facts)


def _warnings(
    config: ServerConfig, sources: Mapping[str, Source], file: Path | None, environment: Mapping[str, str]
) -> list[str]:
    found = []
    for name in environment:
        own = name.removeprefix(PREFIX)
        if own != name and own not in _OF_OTHERS and own.lower() not in ServerConfig.model_fields and (
            meant := _meant(own)
        ):  # fmt: skip
            found.append(f"there is no setting {name}; is '{meant}' meant?")
    if file is not None and file.stat().st_mode & 0o077 and _holds_secret(config, sources):
        found.append(f"{file} holds secrets and can be read by others: chmod 600 is advised")
    if not is_loopback(config.host):
        found.append(f"listening beyond this computer, on {config.host}: put a proxy that speaks TLS in front")
    if config.payments == "sandbox" and (config.public_url or not is_loopback(config.host)):
        found.append("the sandbox takes the payments: orders count as paid, and no money moves")
    if config.metrics_port is not None and not is_loopback(config.metrics_host):
        found.append(f"metrics are told to everybody who reaches {config.metrics_host}")
    if config.database_url and config.redis_url and config.images_dir is None:
        found.append("pictures are kept on this server alone: several servers need a shared GSHOP_IMAGES_DIR")
    return found


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _holds_secret(config: ServerConfig, sources: Mapping[str, Source]) -> bool:
    from_file = (getattr(config, name) for name, source in sources.items() if source is Source.FILE)
    return any(isinstance(value, SecretStr) or _USER_IN_URL.match(str(value)) for value in from_file)


def _wrong(*reasons: Fault) -> StartFailed:
    return StartFailed(FaultBecause("server.bad_settings", reasons=reasons))
