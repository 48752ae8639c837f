"""The table of endpoints: every one of people, shows, products on air, chat, moderation, numbers and operation."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.rest import ModeratorRight as Right
from tests.gshop_studio.server.shop import PASSWORD
from tests.gshop_studio.server.walk.endpoint import Access, Endpoint
from tests.gshop_studio.server.walk.scene import REASON, Scene, png

API = "/api/v1"
STREAM = f"{API}/live/streams/{{stream_id}}"
PRODUCT = f"{STREAM}/products/{{product_id}}"
MESSAGE = f"{STREAM}/messages/{{message_id}}"
NO_STREAM = {"stream_id": "stream.not_found"}
NO_PRODUCT = {**NO_STREAM, "product_id": "stream.product_not_found"}
NO_MESSAGE = {**NO_STREAM, "message_id": "message.not_found"}
NO_PERSON = {**NO_STREAM, "user_id": "user.not_found"}
PAGED = (("limit", 0), ("limit", 101), ("limit", "x"), ("offset", -1))
PRIVATE = "stream.private"

Row = dict[str, Any]


def picture(field: str) -> Any:
    return lambda scene: {field: ("picture.png", png(), "image/png")}


def on_viewer(**fields: Any) -> Any:
    return lambda scene: {"userId": scene.viewer.id, **fields}


def new_account(scene: Scene) -> Row:
    email = f"{scene.stream_id}@example.com"
    return {"email": email, "password": PASSWORD, "displayName": "Eva", "role": "buyer", "language": "es"}


_number = iter(range(10**6))

PEOPLE = (
    Endpoint("POST", f"{API}/auth/register", Access.OPEN, 201,
             body=lambda scene: {**new_account(scene), "email": f"new{next(_number)}@example.com"},
             invalid=(({"email": "nobody"}, "email"), ({"password": "short"}, "password"), ({"role": "admin"}, "role"),
                      ({"language": "fr"}, "language"), ({"displayName": ""}, "displayName"))),
    Endpoint("POST", f"{API}/auth/login", Access.OPEN, before=(Scene.has_account,),
             body=lambda scene: {"email": scene.email, "password": PASSWORD},
             invalid=(({"email": 5}, "email"), ({"password": None}, "password"))),
    Endpoint("POST", f"{API}/auth/guest", Access.OPEN, 201, body=lambda scene: {"displayName": "Eva"},
             invalid=(({"displayName": ""}, "displayName"), ({"displayName": "x" * 41}, "displayName"))),
    Endpoint("POST", f"{API}/auth/refresh", Access.OPEN, before=(Scene.has_account,),
             body=lambda scene: {"refreshToken": scene.refresh_token},
             invalid=(({"refreshToken": 5}, "refreshToken"),)),
    Endpoint("POST", f"{API}/auth/logout", Access.OPEN, 204, before=(Scene.has_account,),
             body=lambda scene: {"refreshToken": scene.refresh_token},
             invalid=(({"refreshToken": 5}, "refreshToken"),)),
    Endpoint("POST", f"{API}/auth/logout-everywhere", Access.SIGNED_IN, 204),
    Endpoint("GET", f"{API}/auth/me", Access.SIGNED_IN),
    Endpoint("GET", f"{API}/users/me/profile", Access.SIGNED_IN),
    Endpoint("PATCH", f"{API}/users/me/profile", Access.SIGNED_IN,
             body=lambda scene: {"displayName": "Eva", "language": "pt"},
             invalid=(({"displayName": ""}, "displayName"), ({"language": "xx"}, "language"))),
    Endpoint("POST", f"{API}/users/me/avatar", Access.ACCOUNT, files=picture("avatar")),
    Endpoint("DELETE", f"{API}/users/me/avatar", Access.ACCOUNT),
    Endpoint("PUT", f"{API}/users/me/password", Access.ACCOUNT,
             body=lambda scene: {"currentPassword": PASSWORD, "newPassword": PASSWORD + "!"},
             invalid=(({"newPassword": "short"}, "newPassword"), ({"currentPassword": 5}, "currentPassword"))),
    Endpoint("GET", f"{API}/sellers/{{seller_id}}", Access.OPEN, missing={"seller_id": "user.not_found"}),
    Endpoint("POST", f"{API}/sellers/{{seller_id}}/follow", Access.ACCOUNT, missing={"seller_id": "user.not_found"}),
    Endpoint("DELETE", f"{API}/sellers/{{seller_id}}/follow", Access.ACCOUNT, missing={"seller_id": "user.not_found"}),
    Endpoint("GET", f"{API}/users/me/following", Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("GET", f"{API}/users/me/wishlist", Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("POST", f"{API}/users/me/wishlist/{{product_id}}", Access.ACCOUNT,
             missing={"product_id": "product.not_found"}),
    Endpoint("DELETE", f"{API}/users/me/wishlist/{{product_id}}", Access.ACCOUNT),
)  # fmt: skip

CATALOGUE = (
    Endpoint("GET", f"{API}/products", Access.OPEN, query={"q": "mug"},
             invalid_query=(*PAGED, ("q", "x" * 121), ("mine", "maybe"))),
    Endpoint("POST", f"{API}/products", Access.SELLERS, 201,
             body=lambda scene: {"name": "Cup", "price": 3.5, "stock": 2},
             invalid=(({"name": ""}, "name"), ({"price": -1}, "price"), ({"price": 1.001}, "price"),
                      ({"stock": 1.5}, "stock"), ({"currency": "dollars"}, "currency"))),
    Endpoint("GET", f"{API}/products/{{product_id}}", Access.OPEN, missing={"product_id": "product.not_found"}),
    Endpoint("PATCH", f"{API}/products/{{product_id}}", Access.OWNER, body=lambda scene: {"name": "Cup"},
             missing={"product_id": "product.not_found"}, invalid=(({"name": ""}, "name"), ({"stock": -1}, "stock"))),
    Endpoint("DELETE", f"{API}/products/{{product_id}}", Access.OWNER, 204, before=(Scene.has_spare_product,),
             missing={"product_id": "product.not_found"}),
    Endpoint("POST", f"{API}/products/{{product_id}}/image", Access.OWNER, files=picture("image"),
             missing={"product_id": "product.not_found"}),
    Endpoint("GET", "/media/images/{name}", Access.OPEN, before=(Scene.has_picture,), media_type="image/jpeg",
             missing={"name": "image.not_found"}),
)  # fmt: skip

SHOWS = (
    Endpoint("POST", f"{API}/live/streams", Access.HOSTS, 201,
             body=lambda scene: {"title": "Winter sale", "tags": ["a"]},
             invalid=(({"title": ""}, "title"), ({"streamQuality": "4k"}, "streamQuality"),
                      ({"thumbnailUrl": "javascript:alert(1)"}, "thumbnailUrl"), ({"tags": "a"}, "tags"),
                      ({"scheduledAt": "tomorrow"}, "scheduledAt"))),
    Endpoint("GET", f"{API}/live/streams", Access.OPEN, query={"status": "live"},
             invalid_query=(*PAGED, ("status", "asleep"))),
    Endpoint("GET", f"{API}/live/streams/active", Access.OPEN, invalid_query=(*PAGED, ("sort", "taste"))),
    Endpoint("GET", f"{API}/live/categories", Access.OPEN),
    Endpoint("GET", STREAM, Access.WATCH, missing=NO_STREAM, refused_on_private=PRIVATE),
    Endpoint("PATCH", STREAM, Access.HOST, body=lambda scene: {"title": "Spring sale"}, missing=NO_STREAM,
             invalid=(({"title": ""}, "title"), ({"latencyMode": "none"}, "latencyMode"))),
    Endpoint("DELETE", STREAM, Access.HOST, 204, before=(Scene.is_over,), missing=NO_STREAM),
    Endpoint("POST", f"{STREAM}/thumbnail", Access.HOST, files=picture("thumbnail"), missing=NO_STREAM),
    Endpoint("POST", f"{STREAM}/share", Access.WATCH, body=lambda scene: {"channel": "whatsapp"}, missing=NO_STREAM,
             invalid=(({"channel": "pigeon"}, "channel"),), refused_on_private=PRIVATE),
    Endpoint("POST", f"{STREAM}/start", Access.HOST, missing=NO_STREAM),
    Endpoint("POST", f"{STREAM}/end", Access.HOST, missing=NO_STREAM),
    Endpoint("GET", f"{STREAM}/ingest", Access.HOST, missing=NO_STREAM),
    Endpoint("POST", f"{STREAM}/ingest/rotate", Access.HOST, missing=NO_STREAM),
)  # fmt: skip

_PRODUCTS: Row = {"access": Access.MODERATORS_WITH_A_RIGHT, "right": Right.PRODUCTS}

ON_AIR = (
    Endpoint("GET", f"{STREAM}/products", Access.WATCH, missing=NO_STREAM, refused_on_private=PRIVATE),
    Endpoint("GET", f"{STREAM}/products/highlighted", Access.WATCH, missing=NO_STREAM, refused_on_private=PRIVATE),
    Endpoint("POST", f"{STREAM}/products", **_PRODUCTS, status=201, missing=NO_STREAM,
             body=lambda scene: {"productId": scene.spare_product_id, "position": 1, "livePrice": 9.99, "stock": 2},
             invalid=(({"productId": 5}, "productId"), ({"livePrice": -1}, "livePrice"), ({"position": 0}, "position"),
                      ({"stock": 1_000}, "stock"), ({"discountPercent": 101}, "discountPercent"))),
    Endpoint("PUT", f"{STREAM}/products/reorder", **_PRODUCTS, missing=NO_STREAM,
             body=lambda scene: {"productIds": scene.products[::-1]}, invalid=(({"productIds": "all"}, "productIds"),)),
    Endpoint("PATCH", PRODUCT, **_PRODUCTS, missing=NO_PRODUCT, body=lambda scene: {"discountPercent": 10},
             invalid=(({"discountPercent": "much"}, "discountPercent"), ({"stock": 1_000}, "stock"))),
    Endpoint("DELETE", PRODUCT, **_PRODUCTS, status=204, missing=NO_PRODUCT),
    Endpoint("GET", f"{PRODUCT}/stats", Access.MODERATORS, missing=NO_PRODUCT),
    Endpoint("POST", f"{PRODUCT}/click", Access.WATCH, missing=NO_PRODUCT, refused_on_private=PRIVATE),
    Endpoint("PUT", f"{PRODUCT}/highlight", **_PRODUCTS, missing=NO_PRODUCT, body=lambda scene: {"capturedAt": 1},
             invalid=(({"capturedAt": "now"}, "capturedAt"),)),
    Endpoint("PUT", f"{PRODUCT}/hide", **_PRODUCTS, missing=NO_PRODUCT, body=lambda scene: {},
             invalid=(({"capturedAt": "now"}, "capturedAt"),)),
    Endpoint("PUT", f"{PRODUCT}/pin", **_PRODUCTS, missing=NO_PRODUCT),
    Endpoint("PUT", f"{PRODUCT}/unpin", **_PRODUCTS, missing=NO_PRODUCT),
)  # fmt: skip

CHAT = (
    Endpoint("POST", f"{STREAM}/messages", Access.CHAT, 201, missing=NO_STREAM, refused_on_private=PRIVATE,
             body=lambda scene: {"message": "good evening", "clientMessageId": "k1"},
             invalid=(({"message": ""}, "message"), ({"message": "x" * 501}, "message"), ({"type": "system"}, "type"),
                      ({"message": "\u2606", "type": "reaction"}, "message"))),
    Endpoint("GET", f"{STREAM}/messages", Access.WATCH, missing=NO_STREAM, refused_on_private=PRIVATE,
             query={"limit": 5}, invalid_query=(*PAGED[:3], ("before", "yesterday"))),
    Endpoint("PATCH", MESSAGE, Access.AUTHOR, missing=NO_MESSAGE, body=lambda scene: {"message": "hello all"},
             invalid=(({"message": ""}, "message"),)),
    Endpoint("DELETE", MESSAGE, Access.MODERATORS_WITH_A_RIGHT, 204, right=Right.DELETE, missing=NO_MESSAGE,
             body=lambda scene: {"reason": REASON}, invalid=(({"reason": "x" * 301}, "reason"),)),
    Endpoint("PUT", f"{MESSAGE}/pin", Access.MODERATORS_WITH_A_RIGHT, right=Right.PIN, missing=NO_MESSAGE),
    Endpoint("DELETE", f"{MESSAGE}/pin", Access.MODERATORS_WITH_A_RIGHT, right=Right.PIN, missing=NO_MESSAGE,
             before=(Scene.is_pinned,)),
    Endpoint("GET", f"{STREAM}/chat-settings", Access.WATCH, missing=NO_STREAM, refused_on_private=PRIVATE),
    Endpoint("PUT", f"{STREAM}/chat-settings", Access.MODERATORS_WITH_A_RIGHT, right=Right.SETTINGS, missing=NO_STREAM,
             body=lambda scene: {"slowModeS": 5, "followersOnly": True, "links": "block", "blockedWords": ["spoiler"]},
             invalid=(({"slowModeS": -1}, "slowModeS"), ({"links": "maybe"}, "links"),
                      ({"blockedWords": "all"}, "blockedWords"))),
)  # fmt: skip

_MODERATION = f"{STREAM}/moderation"
_TIME_OUT: Row = {"access": Access.MODERATORS_WITH_A_RIGHT, "right": Right.TIMEOUT}
_BAN: Row = {"access": Access.MODERATORS_WITH_A_RIGHT, "right": Right.BAN}

MODERATION = (
    Endpoint("POST", f"{_MODERATION}/timeout", **_TIME_OUT, status=201, missing=NO_STREAM,
             body=on_viewer(duration=60, reason=REASON),
             invalid=(({"duration": 0}, "duration"), ({"duration": None}, "duration"), ({"userId": ""}, "userId"))),
    Endpoint("DELETE", f"{_MODERATION}/timeout/{{user_id}}", **_TIME_OUT, status=204, missing=NO_PERSON,
             before=(Scene.is_timed_out,)),
    Endpoint("POST", f"{_MODERATION}/ban", **_BAN, status=201, missing=NO_STREAM, body=on_viewer(reason=REASON),
             invalid=(({"userId": 5}, "userId"), ({"reason": "x" * 301}, "reason"))),
    Endpoint("DELETE", f"{_MODERATION}/ban/{{user_id}}", **_BAN, status=204, missing=NO_PERSON,
             before=(Scene.is_banned,)),
    Endpoint("POST", f"{_MODERATION}/warn", **_TIME_OUT, status=201, missing=NO_STREAM, body=on_viewer(reason=REASON),
             invalid=(({"reason": ""}, "reason"), ({"reason": None}, "reason"))),
    Endpoint("GET", f"{_MODERATION}/log", Access.MODERATORS_AND_SUPPORT, missing=NO_STREAM, invalid_query=PAGED),
    Endpoint("GET", f"{_MODERATION}/queue", Access.MODERATORS_AND_SUPPORT, missing=NO_STREAM, invalid_query=PAGED),
    Endpoint("POST", f"{_MODERATION}/queue/{{message_id}}", Access.MODERATORS_WITH_A_RIGHT, right=Right.DELETE,
             missing=NO_MESSAGE, before=(Scene.has_held_message,), body=lambda scene: {"decision": "approve"},
             invalid=(({"decision": "perhaps"}, "decision"),)),
    Endpoint("GET", f"{STREAM}/moderators", Access.MODERATORS_AND_SUPPORT, missing=NO_STREAM),
    Endpoint("POST", f"{STREAM}/moderators", Access.HOST, 201, missing=NO_STREAM, body=on_viewer(rights=["pin"]),
             invalid=(({"userId": ""}, "userId"), ({"rights": ["all"]}, "rights.0"))),
    Endpoint("DELETE", f"{STREAM}/moderators/{{user_id}}", Access.HOST, 204, missing=NO_STREAM,
             before=(Scene.is_moderated,)),
    Endpoint("GET", f"{STREAM}/chat-log", Access.MODERATORS_AND_SUPPORT, missing=NO_STREAM,
             media_type="application/x-ndjson"),
    Endpoint("GET", f"{STREAM}/chat-log.zip", Access.MODERATORS_AND_SUPPORT, missing=NO_STREAM,
             media_type="application/zip"),
    Endpoint("GET", f"{API}/live/signing-key", Access.OPEN),
)  # fmt: skip

NUMBERS = (
    Endpoint("GET", f"{STREAM}/analytics", Access.MODERATORS, missing=NO_STREAM),
    Endpoint("GET", f"{STREAM}/highlights", Access.WATCH, missing=NO_STREAM, before=(Scene.has_highlight,),
             invalid_query=PAGED, refused_on_private=PRIVATE),
    Endpoint("PATCH", f"{STREAM}/highlights/{{highlight_id}}", Access.HOST, before=(Scene.has_highlight,),
             missing={**NO_STREAM, "highlight_id": "highlight.not_found"}, body=lambda scene: {"isPublic": False},
             invalid=(({"isPublic": "perhaps"}, "isPublic"), ({"title": ""}, "title"))),
    Endpoint("GET", f"{STREAM}/report", Access.MODERATORS, missing=NO_STREAM, before=(Scene.is_over,),
             invalid_query=(("format", "pdf"), ("timeZone", "Mars/Olympus"))),
)  # fmt: skip

OPERATION = (
    Endpoint("GET", "/health", Access.OPEN, query={"challenge": "abc"}, invalid_query=(("challenge", "x" * 129),)),
    Endpoint("GET", "/ready", Access.OPEN),
)

ENDPOINTS = (*PEOPLE, *CATALOGUE, *SHOWS, *ON_AIR, *CHAT, *MODERATION, *NUMBERS, *OPERATION)
APART = {"GET /metrics": "operation/test_requests.py: it takes a token of its own"}
"""Documented, and walked elsewhere."""
