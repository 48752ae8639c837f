"""What a walk through the endpoints and events needs: people of every kind, and a show with all that can be in one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from PIL import Image
from sqlalchemy import update

from gshop_studio.contract.rest import ModeratorRight, Role
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.server.analytics.highlights.found import product_shown, write
from gshop_studio.server.analytics.highlights.repository import HighlightRepository
from gshop_studio.server.clock import utc_now
from gshop_studio.server.tables import LiveStreamRow, UserRow
from tests.gshop_studio.server.checkout.buying import buyer_of
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop

NOWHERE = "00000000-0000-7000-8000-000000000000"
"""An id that nothing has."""
MADE_LATER = ("name", "highlight_id", "address_id", "method_id", "item_id", "order_id", "schedule_id", "device_id")
"""What a path names and a scene does not have at first."""
REASON = "of the walk"


@dataclass
class Scene:
    """A show of `host`, live, with two products, a third in the catalogue, and a message of `viewer` in it."""

    shop: Shop
    host: Person
    viewer: Person
    ids: dict[str, str]
    """By the names that paths have."""
    products: list[str]
    spare_product_id: str
    people: dict[str, Person] = field(default_factory=dict)
    email: str = ""
    refresh_token: str | None = None
    purchase: dict[str, str] = field(default_factory=dict)
    """What buying a cart takes."""

    @property
    def stream_id(self) -> str:
        return self.ids["stream_id"]

    @property
    def path(self) -> str:
        return f"live/streams/{self.stream_id}"

    async def person(self, kind: str) -> Person | None:
        """Somebody of this kind. `moderator: pin` has this right alone, `moderator without pin` all but this."""
        if kind == "anonymous":
            return None
        if kind not in self.people:
            self.people[kind] = await self._make(kind)
        return self.people[kind]

    async def _make(self, kind: str) -> Person:
        kind, _, right = kind.partition(": ")
        kind, _, lacking = kind.partition(" without ")
        match kind:
            case "host":
                return self.host
            case "viewer":
                return self.viewer
            case "guest":
                return await self.shop.guest()
            case "buyer" | "stranger":
                return await self.shop.person()
            case "seller":
                return await self.shop.person(Role.SELLER)
            case "affiliate":
                return await self.shop.person(Role.AFFILIATE)
            case "moderator":
                rights = [right] if right else [item.value for item in ModeratorRight if item.value != lacking]
                return await self._name(self.stream_id, rights)
            case "moderator elsewhere":
                other = await self.shop.live_stream(self.host)
                return await self._name(other, [item.value for item in ModeratorRight])
            case "follower":
                person = await self.shop.person()
                await self.shop.ask("POST", f"sellers/{self.host.id}/follow", person)
                return person
            case "timed out":
                person = await self.shop.person()
                wish = {"userId": person.id, "duration": 600, "reason": REASON}
                await self.shop.ask("POST", f"{self.path}/moderation/timeout", self.host, json=wish, status=201)
                return person
            case "banned":
                person = await self.shop.person()
                await self.ban(person)
                return person
            case "support" | "admin":
                return await self._staff(Role(kind))
        raise AssertionError(f"nobody is {kind!r}")

    async def ban(self, person: Person) -> None:
        wish = {"userId": person.id, "reason": REASON}
        await self.shop.ask("POST", f"{self.path}/moderation/ban", self.host, json=wish, status=201)

    async def _name(self, stream_id: str, rights: list[str]) -> Person:
        person = await self.shop.person()
        wish = {"userId": person.id, "rights": rights}
        await self.shop.ask("POST", f"live/streams/{stream_id}/moderators", self.host, json=wish, status=201)
        return person

    async def _staff(self, role: Role) -> Person:
        """Nobody registers as staff: an operator makes them so."""
        person = await self.shop.person()
        email = (await self.shop.ask("GET", "auth/me", person))["email"]
        async with self.shop.server.services.database.write() as transaction:
            await transaction.session.execute(update(UserRow).where(UserRow.id == person.id).values(role=role.value))
        pair = await self.shop.ask("POST", "auth/login", json={"email": email, "password": PASSWORD})
        return Person(person.id, pair["accessToken"], pair["refreshToken"], person.name)

    async def secrets(self) -> list[str]:
        """Of the host: what nobody else may be told. A show that is over has no key."""
        ingest = await self.shop.ask("GET", f"{self.path}/ingest", self.host)
        email = (await self.shop.ask("GET", "auth/me", self.host))["email"]
        key = [ingest["streamKey"]] if "streamKey" in ingest else []
        return [self.host.token, str(self.host.refresh_token), email, *key]

    # --- what a show may hold besides ---------------------------------------------------------------------------

    async def say(self, who: Person, text: str, status: int = 201) -> dict[str, Any]:
        return await self.shop.ask("POST", f"{self.path}/messages", who, json={"message": text}, status=status)

    async def has_held_message(self) -> None:
        """`message_id` is of one that waits for a moderator."""
        await self.shop.ask("PUT", f"{self.path}/chat-settings", self.host, json={"links": "hold"})
        held = await self.say(self.viewer, "look at https://example.com", 202)
        self.ids["message_id"] = held["message"]["id"]

    async def has_highlight(self) -> None:
        async with self.shop.server.services.database.write() as transaction:
            found = product_shown(self.products[0], "Mug", 3.0, "en")
            assert await write(HighlightRepository(transaction), self.stream_id, found, utc_now())
        found_list = await self.shop.ask("GET", f"{self.path}/highlights", self.host)
        self.ids["highlight_id"] = found_list["highlights"][0]["id"]

    async def has_picture(self) -> None:
        """`name` is of a picture under /media/images."""
        files = {"image": ("mug.png", png(), "image/png")}
        product = await self.shop.ask("POST", f"products/{self.products[0]}/image", self.host, files=files)
        self.ids["name"] = product["imageUrl"].rpartition("/")[2]

    async def has_account(self) -> None:
        """`email` and `refresh_token` are those of somebody."""
        person = await self.shop.person()
        self.email, self.refresh_token = (await self.shop.ask("GET", "auth/me", person))["email"], person.refresh_token

    async def has_address(self, who: Person | None = None) -> None:
        """`address_id` is of the viewer, or of `who`."""
        address = {"recipient": "Ana", "line1": "Calle Mayor 1", "city": "Lima", "country": "PE"}
        saved = await self.shop.ask("POST", "users/me/addresses", who or self.viewer, json=address, status=201)
        self.ids["address_id"] = saved["id"]

    async def has_payment_method(self, who: Person | None = None, token: str = "tok_approved") -> None:
        """`method_id` is of the viewer, or of `who`."""
        method = {"token": token, "method": "visa"}
        saved = await self.shop.ask("POST", "users/me/payment-methods", who or self.viewer, json=method, status=201)
        self.ids["method_id"] = saved["id"]

    async def has_device(self, who: Person | None = None) -> None:
        """`device_id` is of the viewer, or of `who`."""
        owner = who or self.viewer
        device = {"token": f"of-{owner.id}", "platform": "android"}
        saved = await self.shop.ask("POST", "users/me/devices", owner, json=device, status=201)
        self.ids["device_id"] = saved["id"]

    async def has_schedule(self) -> None:
        """`schedule_id` is of another show of the host, to come."""
        wish = {"title": "Winter sale", "scheduledDate": in_days(3)}
        planned = await self.shop.ask("POST", "live/schedules", self.host, json=wish, status=201)
        self.ids["schedule_id"] = planned["id"]

    async def is_over(self) -> None:
        await self.shop.ask("POST", f"{self.path}/end", self.host)

    async def is_pinned(self) -> None:
        await self.shop.ask("PUT", f"{self.path}/messages/{self.ids['message_id']}/pin", self.host)

    async def is_banned(self) -> None:
        await self.ban(self.viewer)

    async def is_timed_out(self) -> None:
        wish = {"userId": self.viewer.id, "duration": 60}
        await self.shop.ask("POST", f"{self.path}/moderation/timeout", self.host, json=wish, status=201)

    async def is_moderated(self) -> None:
        """`user_id` is of a moderator."""
        person = await self.person("moderator")
        assert person is not None
        self.ids["user_id"] = person.id

    async def has_cart(self) -> None:
        """`item_id` is in the cart of `buyer`; `purchase` buys it."""
        person = await self.person("buyer")
        assert person is not None
        buyer = await buyer_of(self.shop, person=person)
        self.ids["item_id"] = (await buyer.add(self.stream_id, self.products[0]))["itemId"]
        self.purchase = await buyer.wish(self.stream_id)

    async def has_order(self) -> None:
        """`order_id` is a paid one of `buyer`."""
        await self.has_cart()
        path = "orders/live-checkout/purchase"
        order = await self.shop.ask("POST", path, await self.person("buyer"), json=self.purchase, status=201)
        self.ids["order_id"] = order["id"]

    async def has_affiliate(self) -> None:
        """`user_id` is of one."""
        self.ids["user_id"] = (await self.shop.person(Role.AFFILIATE)).id

    async def is_affiliates(self, stream_id: str | None = None) -> None:
        """The show, or another of the host's, is an affiliate's, who hosts for sellers."""
        async with self.shop.server.services.database.write() as transaction:
            query = update(LiveStreamRow).where(LiveStreamRow.id == (stream_id or self.stream_id))
            await transaction.session.execute(query.values(host_type="affiliate", affiliate_id=self.host.id))

    async def has_spare_product(self) -> None:
        """`product_id` is in no show."""
        self.ids["product_id"] = self.spare_product_id


async def scene_of(shop: Shop, **show: Any) -> Scene:
    """A new one, with a host and a viewer of its own."""
    host, viewer = await shop.person(Role.SELLER, "Alba"), await shop.person(name="Ana")
    products = [await shop.product(host, name=name) for name in ("Mug", "Bowl")]
    stream_id = await shop.live_stream(host, productIds=products, **{"allowedViewers": [viewer.id], **show})
    if show.get("allowedViewers") == []:  # it is for followers
        await shop.ask("POST", f"sellers/{host.id}/follow", viewer)
    of_scene = {"stream_id": stream_id, "product_id": products[0], "user_id": viewer.id, "seller_id": host.id}
    spare = await shop.product(host, name="Plate")
    scene = Scene(shop, host, viewer, {**dict.fromkeys(MADE_LATER, NOWHERE), **of_scene}, products, spare)
    scene.ids["message_id"] = (await scene.say(viewer, "hello"))["id"]
    return scene


def in_days(days: float) -> str:
    """A moment, as the wire has it."""
    return to_wire_time(utc_now() + timedelta(days=days))


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "orange").save(out, "PNG")
    return out.getvalue()
