"""A shop that sends e-mail to a mail server of the test, and push messages to a stub of Firebase."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from gshop_studio.server.notifications.parts import NotificationParts
from gshop_studio.server.tables import NotificationDeliveryRow
from tests.gshop_studio.server.notifications.fcm_stub import FcmStub, running_fcm_stub
from tests.gshop_studio.server.shop import Person, Shop
from tests.support.smtp_server import Received, SmtpServer, running_smtp_server


@dataclass
class Post:
    """The shop, and what left it."""

    shop: Shop
    mail: SmtpServer
    fcm: FcmStub

    @property
    def parts(self) -> NotificationParts:
        return self.shop.server.services.notifications

    async def work_off(self) -> None:
        """All that is due: the jobs do so, too."""
        await self.shop.server.services.notifications.announcer.look()
        for courier in self.parts.couriers:
            await courier.deliver()

    async def person(self, role: Role = Role.BUYER, name: str | None = None, **preferences: Any) -> Person:
        """Somebody who is told things at any hour."""
        person = await self.shop.person(role, name)
        wish = {"isQuietAtNight": False, **preferences}
        await self.shop.ask("PATCH", "users/me/preferences", person, json=wish)
        return person

    async def follower(self, seller: Person, **preferences: Any) -> Person:
        person = await self.person(**preferences)
        await self.shop.ask("POST", f"sellers/{seller.id}/follow", person)
        return person

    async def device(self, person: Person, token: str) -> str:
        wish = {"token": token, "platform": "android"}
        return str((await self.shop.ask("POST", "users/me/devices", person, json=wish, status=201))["id"])

    async def on_air(self, seller: Person, **show: Any) -> str:
        stream_id = await self.shop.live_stream(seller, **show)
        await self.shop.media.authority.media_started(stream_id)
        return stream_id

    async def inbox(self, person: Person, query: str = "") -> dict[str, Any]:
        return await self.shop.ask("GET", f"users/me/notifications{query}", person)

    async def mails_to(self, person: Person) -> list[Received]:
        email = (await self.shop.ask("GET", "auth/me", person))["email"]
        return [received for received in self.mail.received if received.recipients == (email,)]

    async def deliveries(self) -> list[NotificationDeliveryRow]:
        async with self.shop.server.services.database.read() as transaction:
            rows = select(NotificationDeliveryRow).order_by(NotificationDeliveryRow.id)
            return list(await transaction.session.scalars(rows))

    async def let_time_pass(self) -> None:
        """Until the next attempt of all that waits."""
        async with self.shop.server.services.database.write() as transaction:
            await transaction.session.execute(
                update(NotificationDeliveryRow)
                .where(NotificationDeliveryRow.status == "waiting")
                .values(next_try_at=utc_now(), claimed_until=None)
            )


@pytest.fixture
async def post(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[Post]:
    async with running_smtp_server() as mail, running_fcm_stub() as fcm:
        settings = {
            "smtp_url": mail.url,
            "mail_from": "Alba's shop <shop@example.com>",
            "fcm_credentials_file": fcm.credentials(tmp_path),
            "fcm_url": fcm.url,
        }
        async with Shop(tmp_path / "data", **storage, **settings) as shop:
            yield Post(shop, mail, fcm)


@pytest.fixture
async def alba(post: Post) -> Person:
    """A seller."""
    return await post.person(Role.SELLER, "Alba")
