"""Why a fault came, where its text ends in a reason: what is wrong with a setting, an archive or a file. One text a
code, without a full stop; translated by gettext, as the faults themselves."""

from __future__ import annotations

import errno
import socket

from gshop_studio.engine_protocol import Fault

REASON_TEXTS = {
    "setting.missing": "{setting} is missing",
    "setting.no_data_dir": "where the data is kept is missing; say it with --data-dir, or with GSHOP_DATA_DIR",
    "setting.empty": "{setting} is empty",
    "setting.whole_number": "{setting} has to be a whole number",
    "setting.number": "{setting} has to be a number",
    "setting.yes_or_no": "{setting} has to be true or false",
    "setting.text": "{setting} has to be a text",
    "setting.too_small": "{setting} has to be at least {limit}",
    "setting.not_above": "{setting} has to be more than {limit}",
    "setting.too_large": "{setting} has to be at most {limit}",
    "setting.too_short": "{setting} has to have at least {limit} characters",
    "setting.too_long": "{setting} has to have at most {limit} characters",
    "setting.not_a_choice": "{setting} has to be one of these: {choices}",
    "setting.host": "{setting} has to be a name or an address, without spaces and slashes",
    "setting.header": "{setting} has to be the name of a header, such as CF-IPCountry",
    "setting.rate": "{setting} has to be a rate such as 100/minute or 10/10 seconds",
    "setting.rate_range": "{setting} has to let in at least one, and to count over a month at most",
    "setting.url": "{setting} has to be a whole address; it begins with one of these: {schemes}",
    "setting.database_url": "{setting} has to be an address such as postgresql://user:password@host/name",
    "setting.database_option": "{setting} cannot say {names}",
    "setting.sslmode": "the sslmode of {setting} has to be one of these: {choices}",
    "setting.network": "{setting} has to name addresses or networks, such as 10.0.0.0/8",
    "setting.secret_key": "{setting} has to be 32 bytes in base64",
    "setting.dsn": "{setting} has to be a DSN as Sentry shows it: https://key@host/project",
    "setting.currency": "{setting} has to be a currency, such as BRL",
    "setting.mail_from": "{setting} has to be an e-mail address, such as GSHOP <shop@example.com>",
    "setting.time_zone": "{setting} has to be a time zone, such as America/Lima",
    "setting.fcm_credentials": "{setting} has to name a service account's file, as Firebase gives it",
    "setting.unfit": "{setting} has a value that does not fit",
    "settings.no_secret_key": "GSHOP_SECRET_KEY is needed where servers share GSHOP_DATABASE_URL and GSHOP_REDIS_URL",
    "settings.of_api": "where GSHOP_ROLE is api, these are needed too: {names}",
    "settings.no_perspective_url": "GSHOP_PERSPECTIVE_URL is needed where there is a GSHOP_PERSPECTIVE_KEY",
    "settings.of_mercadopago": "where GSHOP_PAYMENTS is mercadopago, these are needed too: {names}",
    "settings.no_mail_from": "GSHOP_MAIL_FROM is needed where there is a GSHOP_SMTP_URL",
    "settings.same_port": "{one} and {other} are both {port}",
    "settings.file_unreadable": "{file} cannot be read: {reason}",
    "settings.not_toml": "{file} is not TOML",
    "settings.unknown": "there is no setting “{name}”, which {file} has",
    "settings.misspelt": "there is no setting “{name}”, which {file} has; perhaps “{meant}” is meant",
    "archive.no_tar": "it is no .tar.gz",
    "archive.damaged": "it is damaged",
    "archive.file_damaged": "{name} in it is damaged",
    "archive.file_missing": "{name} is missing in it",
    "archive.file_differs": "{name} in it is not what its manifest says",
    "archive.part_too_large": "a part of it is too large",
    "archive.no_manifest": "it does not begin with its manifest",
    "archive.strange_manifest": "its manifest is none of ours",
    "archive.strange_format": "its format is {format}, which this version does not know",
    "archive.strange_names": "its manifest names files that are not ours",
    "archive.bomb": "it would unpack to far more than it can hold",
    "archive.goes_on": "it goes on after its end",
    "archive.bad_database": "the database in it is damaged ({detail})",
    "os.not_there": "it is not there",
    "os.not_allowed": "permission is denied",
    "os.folder": "it is a folder",
    "os.no_such_folder": "there is no folder {path}",
    "os.no_folder": "a part of its path is no folder",
    "os.full": "the disk is full",
    "os.read_only": "the disk can only be read",
    "os.refused": "nobody answers there",
    "os.no_host": "there is no such host",
    "os.timeout": "no answer came in time",
    "os.starting": "it is just starting",
    "os.other": "{detail}",
}

_BY_NUMBER = {
    errno.ENOENT: "os.not_there",
    errno.EACCES: "os.not_allowed",
    errno.EPERM: "os.not_allowed",
    errno.EISDIR: "os.folder",
    errno.ENOTDIR: "os.no_folder",
    errno.ENOSPC: "os.full",
    errno.EDQUOT: "os.full",
    errno.EROFS: "os.read_only",
    errno.ECONNREFUSED: "os.refused",
    errno.ETIMEDOUT: "os.timeout",
}


def reason_of(error: OSError) -> Fault:
    """What the system says, in our words where we have them."""
    if isinstance(error, socket.gaierror):
        return Fault("os.no_host")
    if isinstance(error, TimeoutError):
        return Fault("os.timeout")
    code = _BY_NUMBER.get(error.errno or 0)
    return Fault(code) if code else Fault("os.other", {"detail": error.strerror or str(error)})
