"""`gshop-studio set-role`: what somebody is, by their e-mail address, also while the server runs.

It is the only way to be `support` or `admin`: nobody registers as that.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from gshop_studio.contract.rest import Role
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FaultBecause, tell
from gshop_studio.reason_texts import reason_of
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.clock import utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from gshop_studio.server.settings import load_settings
from gshop_studio.server.start_failed import StartFailed
from gshop_studio.texts import person_language

_ROLES = [role.value for role in Role if role is not Role.GUEST]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="whose: they have registered with it")
    parser.add_argument("role", choices=_ROLES, help="what they are from now on; they sign in anew")
    parser.add_argument("--data-dir", type=Path, help="the server's data directory")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the server's settings, where it has a file")


def run(arguments: argparse.Namespace) -> int:
    """Give a role; the exit status is 0 only when they have it."""
    given = {"data_dir": arguments.data_dir} if arguments.data_dir else {}
    email = arguments.email.strip().lower()
    try:
        config = load_settings(given, arguments.config).config
        if config.database_url is None and not config.database_path.is_file():
            raise StartFailed(Fault("server.no_database", {"path": str(config.data_dir)}))
        did_change = asyncio.run(_set_role(config, email, Role(arguments.role)))
    except StartFailed as failure:
        print(tell(failure.fault, person_language()), file=sys.stderr)
        return 1
    code = "role.done" if did_change else "role.same"
    print(tell(Fault(code, {"email": email, "role": arguments.role}), person_language()))
    return 0


async def _set_role(config: ServerConfig, email: str, role: Role) -> bool:
    """Whether it was another one before. Then their sign-ins are over: tokens and sockets say the old one."""
    database = Database(config.database)
    try:
        async with database.write() as transaction:
            repository = AccountRepository(transaction)
            found = await repository.user_by_email(email)
            user = await repository.user_to_change(found.id) if found is not None else None
            if user is None:
                raise StartFailed(Fault("role.nobody", {"email": email}))
            if user.role == role.value:
                return False
            now = utc_now()
            user.role = role.value
            user.signed_out_at = user.updated_at = now
            await repository.revoke_all(user.id, now)
            return True
    except Refused as refusal:
        raise StartFailed(_fault(config, refusal.__cause__, refusal.code)) from refusal
    except DBAPIError as error:
        raise StartFailed(_fault(config, error, str(error.orig))) from error
    finally:
        await database.close()


def _fault(config: ServerConfig, error: BaseException | None, reason: str) -> Fault:
    name = make_url(config.database_url).render_as_string() if config.database_url else str(config.database_path)
    if isinstance(error, OSError):
        return FaultBecause("server.database_unreachable", {"path": name}, (reason_of(error),))
    return Fault("server.database_unreadable", {"path": name, "reason": reason})
