"""One's own profile."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop


def picture(size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 130, 190)).save(out, "PNG")
    return out.getvalue()


async def test_a_name_and_a_language_are_changed_at_once(shop: Shop) -> None:
    person = await shop.person(name="Ana")
    profile = await shop.ask("GET", "users/me/profile", person)
    assert profile["displayName"] == "Ana" and profile["language"] == "en" and "@" in profile["email"]
    changed = await shop.ask("PATCH", "users/me/profile", person, json={"language": "pt"})
    assert changed == {**profile, "language": "pt"}
    changed = await shop.ask("PATCH", "users/me/profile", person, json={"displayName": "  Ana María "})
    assert changed["displayName"] == "Ana María"
    assert await shop.ask("GET", "auth/me", person) == changed
    response = await shop.send("GET", "live/streams/nope", person)
    assert response.headers["content-language"] == "pt"


@pytest.mark.parametrize(
    "wish", [{"role": "admin"}, {"displayName": ""}, {"displayName": "x" * 41}, {"language": "fr"}, {"email": "a@b.c"}]
)
async def test_nothing_else_is_changed(shop: Shop, wish: dict[str, str]) -> None:
    """case 45: a role is never there for the asking."""
    assert await shop.refused("request.invalid", "PATCH", "users/me/profile", await shop.person(), json=wish) == 422


async def test_a_picture_is_cut_to_a_square_and_replaced(shop: Shop, seller: Person) -> None:
    urls = []
    for _ in range(2):
        files = {"avatar": ("me.png", picture(), "image/png")}
        urls.append((await shop.ask("POST", "users/me/avatar", seller, files=files))["avatarUrl"])
    served = await shop.http.get(urls[1])
    with Image.open(io.BytesIO(served.content)) as image:
        assert image.size == (256, 256)
    assert (await shop.http.get(urls[0])).status_code == 404
    stream_id = await shop.stream(seller)
    assert (await shop.ask("GET", f"live/streams/{stream_id}"))["host"]["avatarUrl"] == urls[1]
    assert "avatarUrl" not in await shop.ask("DELETE", "users/me/avatar", seller)
    assert (await shop.http.get(urls[1])).status_code == 404
    assert list(shop.config.images.iterdir()) == []


async def test_a_guest_may_rename_but_has_no_picture(shop: Shop) -> None:
    guest = await shop.guest()
    assert (await shop.ask("PATCH", "users/me/profile", guest, json={"displayName": "Leo"}))["displayName"] == "Leo"
    files = {"avatar": ("me.png", picture(), "image/png")}
    assert await shop.refused("auth.account_needed", "POST", "users/me/avatar", guest, files=files) == 403
    assert await shop.refused("auth.required", "POST", "users/me/avatar", files=files) == 401
    text = {"avatar": ("me.png", b"no picture", "image/png")}
    buyer = await shop.person(Role.BUYER)
    assert await shop.refused("image.unreadable", "POST", "users/me/avatar", buyer, files=text) == 422
