"""kill -9 while many are told that a show is live: everybody is told, nobody twice in the app; what leaves the house is
sent at least once, and says that it is the same where the server did not live to write down that it was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.notifications.courier import CLAIM
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.tables import (
    FollowRow,
    LiveStreamRow,
    NotificationAnnouncementRow,
    NotificationDeliveryRow,
    NotificationPreferencesRow,
    NotificationRow,
    UserDeviceRow,
    UserRow,
)
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.notifications.fcm_stub import running_fcm_stub
from tests.gshop_studio.server.shop import eventually, eventually_async
from tests.support.crowd import gather
from tests.support.server import running_server
from tests.support.smtp_server import running_smtp_server

FOLLOWERS = 240
KILLS = 2
HEARD = 40
"""So many e-mails are out when the server is killed the second time."""


async def followed_show(database: Database) -> list[str]:
    """Write a show that has just come on air, and its host's followers, whom e-mail and a phone may wake; their ids."""
    crowd = await gather(database, SecretKey.parse(SECRET_KEY, "key"), FOLLOWERS, 1)
    now = utc_now()
    async with database.write() as transaction:
        session = transaction.session
        await session.execute(update(LiveStreamRow).values(first_media_at=now))
        host_id = await session.scalar(select(LiveStreamRow.host_id).where(LiveStreamRow.id == crowd.stream_id))
        people = list(await session.scalars(select(UserRow.id).where(UserRow.id != host_id)))
        follows = [{"user_id": each, "seller_id": host_id, "created_at": now} for each in people]
        await session.execute(insert(FollowRow), follows)
        always = {"is_quiet_at_night": False, "quiet_from": "23:00", "quiet_until": "07:00", "updated_at": now}
        always["choices"] = {"live": {"email": True}}
        await session.execute(insert(NotificationPreferencesRow), [{"user_id": each, **always} for each in people])
        phone = {"platform": "ios", "created_at": now, "last_seen_at": now}
        devices = [{"id": new_id(), "user_id": each, "token": f"phone of {each}", **phone} for each in people]
        await session.execute(insert(UserDeviceRow), devices)
    return people


async def number(database: Database, query: Any) -> int:
    async with database.read() as transaction:
        return int(await transaction.session.scalar(query) or 0)


async def let_claims_run_out(database: Database) -> None:
    """Nobody sends what the dead claimed until five minutes are over."""
    async with database.write() as transaction:
        await transaction.session.execute(
            update(NotificationDeliveryRow)
            .where(NotificationDeliveryRow.claimed_until.is_not(None))
            .values(claimed_until=utc_now() - timedelta(seconds=1))
        )


def told_again(names: Collection[str]) -> int:
    """How many were sent more often than once: at most once more for each kill."""
    times = Counter(names)
    assert len(times) == FOLLOWERS, "everybody"
    assert max(times.values()) <= 1 + KILLS
    return sum(count - 1 for count in times.values())


async def test_killed_while_notifications_go_out(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 29, of what is told: killed twice, in the middle of the announcement and of the sending."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    database = Database(ServerConfig(data_dir=data_dir, **storage).database)
    all_told = select(func.count()).select_from(NotificationRow)
    left = select(func.count()).where(NotificationDeliveryRow.status == "waiting")
    unfinished = select(func.count()).where(NotificationAnnouncementRow.done_at.is_(None))
    async with running_smtp_server() as mail, running_fcm_stub() as fcm:
        settings = {
            "secret_key": SECRET_KEY,
            "media_lost_hold_s": "3600",
            "smtp_url": mail.url,
            "mail_from": "shop@example.com",
            "fcm_credentials_file": str(fcm.credentials(tmp_path)),
            "fcm_url": fcm.url,
            **storage,
        }
        environment = {f"GSHOP_{name.upper()}": value for name, value in settings.items()}
        try:
            people = await followed_show(database)
            with running_server(data_dir, extra_env=environment) as server:

                async def are_some_told() -> bool:
                    return await number(database, all_told) > 0

                await eventually_async(are_some_told, "the first page of the announcement")
                server.process.kill()
            await let_claims_run_out(database)
            sent_before = len(mail.received)
            with running_server(data_dir, extra_env=environment) as server:
                await eventually(lambda: len(mail.received) >= sent_before + HEARD, "e-mails")
                server.process.kill()
            assert await number(database, left) > 0, "it was killed in between"
            await let_claims_run_out(database)

            async def is_all_out() -> bool:
                return await number(database, left) + await number(database, unfinished) == 0

            with running_server(data_dir, extra_env=environment):
                await eventually_async(is_all_out, "all of it", timeout_s=60)
            async with database.read() as transaction:
                told = list(await transaction.session.scalars(select(NotificationRow.user_id)))
                fates = set(await transaction.session.scalars(select(NotificationDeliveryRow.status)))
            assert sorted(told) == sorted(people), "in the app each exactly once"
            assert fates == {"sent"}
            mails = {(each.recipients[0], each.message["Message-ID"]) for each in mail.received}
            assert len(mails) == FOLLOWERS, "one sent twice has the same Message-ID"
            pushes = {(message["token"], message["android"]["notification"]["tag"]) for message in fcm.sent}
            assert len(pushes) == FOLLOWERS, "and the same tag"
            again = told_again([each.recipients[0] for each in mail.received])
            again += told_again([message["token"] for message in fcm.sent])
            assert again <= KILLS * 2 * CLAIM, "what was on its way, by both ways"
        finally:
            await database.close()
