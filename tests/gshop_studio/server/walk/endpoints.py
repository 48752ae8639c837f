"""The table of endpoints: every one of people, shows, products on air, chat, moderation, numbers and operation."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.rest import ModeratorRight as Right
from tests.gshop_studio.server.shop import PASSWORD
from tests.gshop_studio.server.walk.endpoint import Access, Endpoint
from tests.gshop_studio.server.walk.scene import NOWHERE, REASON, Scene, in_days, png

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
             body=lambda scene: {"displayName": "Eva", "language": "pt", "location": {"city": "Lima", "country": "PE"}},
             invalid=(({"displayName": ""}, "displayName"), ({"language": "xx"}, "language"),
                      ({"location": {"country": "Peru"}}, "location.country"))),
    Endpoint("POST", f"{API}/users/me/avatar", Access.ACCOUNT, files=picture("avatar")),
    Endpoint("DELETE", f"{API}/users/me/avatar", Access.ACCOUNT),
    Endpoint("PUT", f"{API}/users/me/password", Access.ACCOUNT,
             body=lambda scene: {"currentPassword": PASSWORD, "newPassword": PASSWORD + "!"},
             invalid=(({"newPassword": "short"}, "newPassword"), ({"currentPassword": 5}, "currentPassword"))),
    Endpoint("GET", f"{API}/users/export-data", Access.SIGNED_IN),
    Endpoint("DELETE", f"{API}/users/delete-account", Access.ACCOUNT, body=lambda scene: {"password": PASSWORD},
             invalid=(({"password": 5}, "password"), ({"password": None}, "password"))),
    Endpoint("GET", f"{API}/sellers/{{seller_id}}", Access.OPEN, missing={"seller_id": "user.not_found"}),
    Endpoint("POST", f"{API}/sellers/{{seller_id}}/follow", Access.ACCOUNT, missing={"seller_id": "user.not_found"}),
    Endpoint("DELETE", f"{API}/sellers/{{seller_id}}/follow", Access.ACCOUNT, missing={"seller_id": "user.not_found"}),
    Endpoint("GET", f"{API}/users/me/following", Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("GET", f"{API}/users/me/wishlist", Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("POST", f"{API}/users/me/wishlist/{{product_id}}", Access.ACCOUNT,
             missing={"product_id": "product.not_found"}),
    Endpoint("DELETE", f"{API}/users/me/wishlist/{{product_id}}", Access.ACCOUNT),
)  # fmt: skip

TOLD = (
    Endpoint("GET", f"{API}/users/me/notifications", Access.ACCOUNT, query={"unread": True},
             invalid_query=(*PAGED, ("unread", "perhaps"))),
    Endpoint("POST", f"{API}/users/me/notifications/read", Access.ACCOUNT,
             body=lambda scene: {"notificationIds": [scene.stream_id]},
             invalid=(({"notificationIds": []}, "notificationIds"), ({"notificationIds": "all"}, "notificationIds"))),
    Endpoint("GET", f"{API}/users/me/preferences", Access.ACCOUNT),
    Endpoint("PATCH", f"{API}/users/me/preferences", Access.ACCOUNT,
             body=lambda scene: {"timeZone": "America/Lima", "quietFrom": "22:00", "live": {"email": True}},
             invalid=(({"timeZone": "Mars/Olympus"}, "timeZone"), ({"quietUntil": "25:00"}, "quietUntil"),
                      ({"isQuietAtNight": "often"}, "isQuietAtNight"), ({"live": {"fax": True}}, "live.fax"),
                      ({"sale": {"push": "loud"}}, "sale.push"))),
    Endpoint("GET", f"{API}/users/me/devices", Access.ACCOUNT),
    Endpoint("POST", f"{API}/users/me/devices", Access.ACCOUNT, 201,
             body=lambda scene: {"token": f"of-{scene.stream_id}", "platform": "android", "timeZone": "America/Lima"},
             invalid=(({"token": ""}, "token"), ({"token": "a b"}, "token"), ({"platform": "fax"}, "platform"),
                      ({"timeZone": "here"}, "timeZone"))),
    Endpoint("DELETE", f"{API}/users/me/devices/{{device_id}}", Access.OWN, 204, before=(Scene.has_device,),
             missing={"device_id": "device.not_found"}),
)  # fmt: skip

_ADDRESSES, _METHODS = f"{API}/users/me/addresses", f"{API}/users/me/payment-methods"

PAYING = (
    Endpoint("GET", _ADDRESSES, Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("POST", _ADDRESSES, Access.ACCOUNT, 201,
             body=lambda scene: {"recipient": "Eva", "line1": "Calle Mayor 1", "city": "Lima", "country": "PE"},
             invalid=(({"recipient": ""}, "recipient"), ({"country": "Peru"}, "country"), ({"phone": "no"}, "phone"),
                      ({"line1": None}, "line1"), ({"postalCode": "1" * 17}, "postalCode"))),
    Endpoint("PATCH", f"{_ADDRESSES}/{{address_id}}", Access.OWN, before=(Scene.has_address,),
             body=lambda scene: {"city": "Cusco"}, missing={"address_id": "address.not_found"},
             invalid=(({"city": ""}, "city"), ({"country": "pe"}, "country"))),
    Endpoint("DELETE", f"{_ADDRESSES}/{{address_id}}", Access.OWN, 204, before=(Scene.has_address,),
             missing={"address_id": "address.not_found"}),
    Endpoint("GET", _METHODS, Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("POST", _METHODS, Access.ACCOUNT, 201,
             body=lambda scene: {"token": "tok_approved", "method": "visa", "lastFour": "4242"},
             invalid=(({"token": "4242424242424242"}, "token"), ({"token": "a b"}, "token"), ({"method": ""}, "method"),
                      ({"lastFour": "42"}, "lastFour"), ({"expiryMonth": 13}, "expiryMonth"))),
    Endpoint("PATCH", f"{_METHODS}/{{method_id}}", Access.OWN, before=(Scene.has_payment_method,),
             body=lambda scene: {"isDefault": True}, missing={"method_id": "payment_method.not_found"},
             invalid=(({"isDefault": "yes"}, "isDefault"),)),
    Endpoint("DELETE", f"{_METHODS}/{{method_id}}", Access.OWN, 204, before=(Scene.has_payment_method,),
             missing={"method_id": "payment_method.not_found"}),
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

_SCHEDULE = f"{API}/live/schedules/{{schedule_id}}"
NO_SCHEDULE = {"schedule_id": "schedule.not_found"}

TO_COME = (
    Endpoint("GET", f"{API}/live/streams/scheduled", Access.OPEN, query={"category": "home", "date": "2031-12-01"},
             invalid_query=(*PAGED, ("date", "tomorrow"), ("timeZone", "Mars/Olympus"))),
    Endpoint("POST", f"{STREAM}/subscribe", Access.ACCOUNT, missing=NO_STREAM, refused_on_private=PRIVATE),
    Endpoint("DELETE", f"{STREAM}/subscribe", Access.ACCOUNT, missing=NO_STREAM),
    Endpoint("POST", f"{API}/live/schedules", Access.HOSTS, 201,
             body=lambda scene: {"title": "Winter sale", "scheduledDate": in_days(3), "repeats": "weekly"},
             invalid=(({"title": ""}, "title"), ({"scheduledDate": "tomorrow"}, "scheduledDate"),
                      ({"scheduledDate": in_days(-3)}, "scheduledDate"), ({"repeats": "daily"}, "repeats"),
                      ({"timeZone": "Mars/Olympus"}, "timeZone"), ({"estimatedDuration": 1}, "estimatedDuration"),
                      ({"products": "all"}, "products"))),
    Endpoint("GET", f"{API}/live/schedules", Access.HOSTS, query={"status": "scheduled"},
             invalid_query=(*PAGED, ("status", "asleep"))),
    Endpoint("GET", _SCHEDULE, Access.OPEN, before=(Scene.has_schedule,), missing=NO_SCHEDULE),
    Endpoint("PATCH", _SCHEDULE, Access.OWNER, before=(Scene.has_schedule,), missing=NO_SCHEDULE,
             body=lambda scene: {"title": "Spring sale", "timeZone": "America/Lima"},
             invalid=(({"title": ""}, "title"), ({"scheduledDate": in_days(-3)}, "scheduledDate"),
                      ({"repeats": 7}, "repeats"))),
    Endpoint("DELETE", _SCHEDULE, Access.OWNER, 204, before=(Scene.has_schedule,), missing=NO_SCHEDULE),
)  # fmt: skip

FINDING = (
    Endpoint("GET", f"{API}/live/streams/trending", Access.OPEN, query={"category": "home"}, invalid_query=PAGED),
    Endpoint("GET", f"{API}/live/streams/search", Access.OPEN,
             query={"q": "autumn mug", "tags": "a,b", "minPrice": "1.50", "maxPrice": 99, "location": "Bogot\u00e1",
                    "sort": "trending"},
             invalid_query=(*PAGED, ("q", "x" * 121), ("sort", "taste"), ("minPrice", -1), ("maxPrice", "much"),
                            ("currency", "dollars"), ("status", "asleep"))),
    Endpoint("GET", f"{API}/live/streams/for-you", Access.OPEN, invalid_query=PAGED),
    Endpoint("GET", f"{API}/live/streams/recommended", Access.OPEN, invalid_query=PAGED[:3]),
    Endpoint("POST", f"{API}/live/recommendations/track", Access.SIGNED_IN,
             body=lambda scene: {"streamId": scene.stream_id, "action": "watched", "metadata": {"watchDuration": 30}},
             invalid=(({"action": "liked"}, "action"), ({"streamId": 5}, "streamId"),
                      ({"metadata": {"watchDuration": -1}}, "metadata.watchDuration"))),
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

_CHECKOUT = f"{API}/orders/live-checkout"


def _purchase(scene: Scene) -> Row:
    nothing = dict.fromkeys(("streamId", "cartId", "paymentMethodId", "shippingAddressId"), NOWHERE)
    return {**nothing, **scene.purchase}


BUYING = (
    Endpoint("POST", f"{_CHECKOUT}/add-to-cart", Access.ACCOUNT, refused_on_private=PRIVATE,
             body=lambda scene: {"streamId": scene.stream_id, "productId": scene.products[0], "quantity": 1},
             invalid=(({"quantity": 0}, "quantity"), ({"quantity": 1.5}, "quantity"), ({"quantity": 100}, "quantity"),
                      ({"price": 1}, "price"), ({"streamId": ""}, "streamId"))),
    Endpoint("GET", f"{_CHECKOUT}/cart", Access.ACCOUNT, invalid_query=(("streamId", "x" * 65),)),
    Endpoint("DELETE", f"{_CHECKOUT}/cart", Access.ACCOUNT, 204),
    Endpoint("PUT", f"{_CHECKOUT}/cart/items/{{item_id}}", Access.BUYER, before=(Scene.has_cart,),
             missing={"item_id": "checkout.item_not_found"}, body=lambda scene: {"quantity": 2},
             invalid=(({"quantity": -1}, "quantity"), ({"unitPrice": 1}, "unitPrice"))),
    Endpoint("DELETE", f"{_CHECKOUT}/cart/items/{{item_id}}", Access.BUYER, 204, before=(Scene.has_cart,),
             missing={"item_id": "checkout.item_not_found"}),
    Endpoint("POST", f"{_CHECKOUT}/purchase", Access.BUYER, 201, before=(Scene.has_cart,), body=_purchase,
             invalid=(({"cartId": 5}, "cartId"), ({"total": 1}, "total"), ({"streamId": ""}, "streamId"))),
    Endpoint("GET", f"{API}/orders/{{order_id}}", Access.OF_ORDER, before=(Scene.has_order,),
             missing={"order_id": "order.not_found"}),
    Endpoint("POST", f"{API}/orders/{{order_id}}/refund", Access.SELLERS_OF_ORDER, before=(Scene.has_order,),
             missing={"order_id": "order.not_found"}, body=lambda scene: {"restock": False},
             invalid=(({"reason": "x" * 201}, "reason"), ({"amount": 1}, "amount"))),
    Endpoint("GET", f"{API}/users/me/orders", Access.ACCOUNT, invalid_query=PAGED),
    Endpoint("GET", f"{STREAM}/checkout-stats", Access.MODERATORS, missing=NO_STREAM, before=(Scene.has_order,)),
    Endpoint("GET", f"{STREAM}/co-hosts", Access.MODERATORS, missing=NO_STREAM),
    Endpoint("PUT", f"{STREAM}/co-hosts", Access.HOST, missing=NO_STREAM, before=(Scene.is_affiliates,),
             body=lambda scene: {"coHosts": []},
             invalid=(({"coHosts": [{"userId": "x", "sharePercent": 101}]}, "coHosts.0.sharePercent"),)),
    Endpoint("PUT", f"{API}/affiliates/{{user_id}}/commission", Access.ADMINS, before=(Scene.has_affiliate,),
             missing={"user_id": "user.not_found"}, body=lambda scene: {"percent": 12.5},
             invalid=(({"percent": -1}, "percent"), ({"percent": 101}, "percent"))),
    Endpoint("GET", f"{API}/affiliates/me/commissions", Access.ACCOUNT, invalid_query=PAGED),
)  # fmt: skip

OPERATION = (
    Endpoint("GET", "/health", Access.OPEN, query={"challenge": "abc"}, invalid_query=(("challenge", "x" * 129),)),
    Endpoint("GET", "/ready", Access.OPEN),
)

ENDPOINTS = (
    *PEOPLE, *TOLD, *PAYING, *CATALOGUE, *SHOWS, *TO_COME, *FINDING, *ON_AIR, *CHAT, *MODERATION, *NUMBERS, *BUYING,
    *OPERATION,
)  # fmt: skip
NOTICE = f"POST {API}/webhooks/mercadopago"
APART = {
    "GET /metrics": "operation/test_requests.py: it takes a token of its own",
    NOTICE: "payments/test_webhook.py: it takes a signature",
}
"""Documented, and walked elsewhere."""
