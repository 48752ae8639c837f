"""The catalogue: products and their pictures."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, (200, 30, 90)).save(out, kind, **save)
    return out.getvalue()


async def test_a_product_is_created_read_changed_and_deleted(shop: Shop, seller: Person) -> None:
    wish = {"name": "Mug", "description": "Blue", "price": 12.99, "currency": "USD", "stock": 3, "category": "Home"}
    made = await shop.ask("POST", "products", seller, json=wish, status=201)
    assert {key: made[key] for key in wish} == wish
    assert made["sellerId"] == seller.id and made["createdAt"].endswith("Z")
    changed = await shop.ask("PATCH", f"products/{made['id']}", seller, json={"price": 10, "category": None})
    assert changed["price"] == 10 and "category" not in changed and changed["name"] == "Mug"
    assert await shop.ask("GET", f"products/{made['id']}") == changed
    await shop.ask("DELETE", f"products/{made['id']}", seller, status=204)
    assert await shop.refused("product.not_found", "GET", f"products/{made['id']}") == 404
    assert (await shop.ask("GET", "products"))["total"] == 0


async def test_only_the_owner_changes_a_product(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    for who, code in ((await shop.person(Role.SELLER), "auth.forbidden"), (await shop.person(), "auth.forbidden")):
        await shop.refused(code, "PATCH", f"products/{product_id}", who, json={"price": 0})
        await shop.refused(code, "DELETE", f"products/{product_id}", who)
        files = {"image": ("a.png", picture(), "image/png")}
        await shop.refused(code, "POST", f"products/{product_id}/image", who, files=files)
    await shop.refused("auth.required", "DELETE", f"products/{product_id}")
    await shop.refused("auth.forbidden", "POST", "products", await shop.guest(), json={"name": "x", "price": 1})


@pytest.mark.parametrize("price", [-1, 12.999, 1e12, "NaN", "Infinity", None, True, [1]])
async def test_impossible_prices_are_refused(shop: Shop, seller: Person, price: object) -> None:
    """case 27, as far as prices go: money is whole minor units."""
    wish = {"name": "Mug", "price": price if price is not True else "x"}
    assert await shop.refused("request.invalid", "POST", "products", seller, json=wish) == 422


async def test_a_currency_without_decimals_takes_none(shop: Shop, seller: Person) -> None:
    made = await shop.ask(
        "POST", "products", seller, json={"name": "Mug", "price": 5990, "currency": "CLP"}, status=201
    )
    assert made["price"] == 5990
    response = await shop.send("PATCH", f"products/{made['id']}?lang=es", seller, json={"price": 59.9})
    assert response.json()["errors"] == [
        {"field": "price", "code": "field.bad_amount", "detail": "Este importe tiene más decimales que CLP."}
    ]


async def test_lists_are_paged_filtered_and_searched(shop: Shop, seller: Person) -> None:
    """case 39: what is searched for is never SQL, nor a pattern."""
    other = await shop.person(Role.SELLER)
    for name in ("Blue mug", "Red mug", "100% wool"):
        await shop.product(seller, name=name, category="Home")
    await shop.product(other, name="Blue scarf")
    everything = await shop.ask("GET", "products")
    assert everything["total"] == 4 and everything["products"][0]["name"] == "Blue scarf"
    assert (await shop.ask("GET", "products", seller))["total"] == 3
    assert (await shop.ask("GET", "products?mine=true", other))["total"] == 1
    assert (await shop.ask("GET", f"products?sellerId={seller.id}", other))["total"] == 3
    page = await shop.ask("GET", "products?limit=2&offset=2")
    assert page["total"] == 4 and [product["name"] for product in page["products"]] == ["Red mug", "Blue mug"]
    for text, total in (("MUG", 2), ("%", 1), ("_", 0), ("' OR 1=1 --", 0), ('"; DROP TABLE products; --', 0)):
        assert (await shop.ask("GET", "products", params={"q": text}))["total"] == total, text
    assert await shop.refused("request.invalid", "GET", "products?limit=101") == 422


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_made_anew_and_served(shop: Shop, seller: Person, kind: str) -> None:
    product_id = await shop.product(seller)
    upload = picture(kind, (2400, 1200)) + b"<script>trailing</script>"
    files = {"image": ("../../evil.svg", upload, "image/svg+xml")}
    product = await shop.ask("POST", f"products/{product_id}/image", seller, files=files)
    assert product["imageUrl"].startswith(f"{shop.url}/media/images/")
    served = await shop.http.get(product["imageUrl"])
    assert served.headers["content-type"] == "image/jpeg" and served.headers["x-content-type-options"] == "nosniff"
    assert b"script" not in served.content
    with Image.open(io.BytesIO(served.content)) as image:
        assert image.size == (1200, 600)


async def test_a_new_picture_replaces_the_old_one(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    urls = []
    for _ in range(2):
        files = {"image": ("a.png", picture(), "image/png")}
        urls.append((await shop.ask("POST", f"products/{product_id}/image", seller, files=files))["imageUrl"])
    assert (await shop.http.get(urls[0])).status_code == 404
    assert (await shop.http.get(urls[1])).status_code == 200
    assert len(list(shop.config.images.iterdir())) == 1


async def test_what_is_no_picture_is_refused(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    gif = picture("GIF")
    cut = picture("JPEG", (400, 400))[:500]
    bomb = picture("PNG", (9000, 9000), compress_level=9)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    cases = [(b"", "image.unreadable"), (b"hello", "image.unreadable"), (svg, "image.unreadable")]
    cases += [(gif, "image.unreadable"), (cut, "image.unreadable"), (bomb, "image.too_large")]
    for upload, code in cases:
        files = {"image": ("a.png", upload, "image/png")}
        await shop.refused(code, "POST", f"products/{product_id}/image", seller, files=files)
    huge = {"image": ("a.png", b"\0" * (11 * 1024 * 1024), "image/png")}
    await shop.refused("request.too_large", "POST", f"products/{product_id}/image", seller, files=huge)
    await shop.refused("request.invalid", "POST", f"products/{product_id}/image", seller, data={"image": "text"})


@pytest.mark.parametrize(
    "name",
    ["../gshop.db", "..%2fgshop.db", "%2e%2e%2fsecret.key", "..%5csecret.key", "%2fetc%2fpasswd", "x.jpg", ".jpg",
     "link.jpg", "01a20466-9dc4-7443-9763-cd47b48aea91.jpg%00.png"],
)  # fmt: skip
async def test_no_other_file_is_reached_through_a_pictures_address(shop: Shop, name: str) -> None:
    """case 35."""
    shop.config.images.mkdir(exist_ok=True)
    (shop.config.images / "link.jpg").symlink_to("/etc/passwd")
    assert (await shop.http.get(f"/media/images/{name}")).status_code == 404


async def test_a_link_under_a_pictures_name_is_not_followed(shop: Shop) -> None:
    """case 35."""
    shop.config.images.mkdir(exist_ok=True)
    name = "01a20466-9dc4-7443-9763-cd47b48aea91.jpg"
    (shop.config.images / name).symlink_to("/etc/passwd")
    assert (await shop.http.get(f"/media/images/{name}")).status_code == 404


async def test_a_product_on_air_is_not_deleted_and_a_past_show_keeps_its_name(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[product_id])
    to_come = await shop.stream(seller, productIds=[product_id])
    assert await shop.refused("product.on_air", "DELETE", f"products/{product_id}", seller) == 409
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    await shop.ask("DELETE", f"products/{product_id}", seller, status=204)
    assert (await shop.ask("GET", f"live/streams/{stream_id}"))["products"][0]["product"]["name"] == "Mug"
    assert (await shop.ask("GET", f"live/streams/{to_come}"))["products"] == []
