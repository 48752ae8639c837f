"""What becomes of what people bought, pay with and are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gshop_studio.server.privacy.fate import (
    ANONYMISED,
    ERASED,
    NOBODY_ID,
    Change,
    ChangeVia,
    Delete,
    DeleteVia,
    DeleteWithShow,
    TableFate,
    fate,
    kept,
    section,
)

_WITH_THE_SHOW = DeleteWithShow()
_FOR_THE_BOOKS = (
    "bought and paid for: the books ask for it, without saying by whom; as long as the law of the place says"
)
WITHOUT_BUYER: Mapping[str, Any] = {
    "cart_id": None,
    "payment_method_id": "",
    "shipping_address_id": "",
    "shipping_address": {},
    "idempotency_key": None,
    "request_hash": "",
    "decline_reason": None,
    "refund_reason": None,
    "user_id": NOBODY_ID,
}
"""What is left of an order when its buyer is nobody any more."""

BUYING: Mapping[str, TableFate] = {
    "notification_deliveries": fate(
        "id notification_id channel status reason attempts next_try_at claimed_until sent_at created_at",
        target=ERASED,
        rules=(DeleteVia("notification_id", "notifications"),),
        sections=(section("notificationsSent", "user_id", via=("notification_id", "notifications")),),
    ),
    "notifications": fate(
        "id key kind stream_id order_id is_in_inbox valid_until created_at read_at",
        user_id=ERASED,
        facts=ERASED,  # those others were sent of their shows and orders, too
        rules=(_WITH_THE_SHOW, Delete("user_id"), DeleteVia("order_id", "orders")),
        sections=(section("notifications", "user_id"),),
    ),
    "notification_preferences": fate(
        "updated_at",
        user_id=ERASED,
        time_zone=ERASED,
        is_quiet_at_night=ERASED,
        quiet_from=ERASED,
        quiet_until=ERASED,
        choices=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("notificationPreferences", "user_id"),),
    ),
    "user_devices": fate(
        "id platform created_at last_seen_at",
        user_id=ERASED,
        token=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("devices", "user_id", without="token"),),
    ),
    "cart_items": fate(
        "id cart_id product_id quantity told_minor created_at",
        rules=(DeleteVia("cart_id", "carts"),),
        sections=(section("cartItems", "user_id", via=("cart_id", "carts")),),
    ),
    "carts": fate(
        "id stream_id is_open order_id created_at updated_at",
        user_id=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("carts", "user_id"),),
    ),
    "commissions": fate(
        "id order_id stream_id percent currency amount_minor created_at reversed_at",
        user_id=ERASED,  # their sum stays with the order
        rules=(Delete("user_id"),),
        sections=(section("commissions", "user_id"),),
    ),
    "affiliates": fate(
        "updated_at",
        user_id=ERASED,
        commission_percent=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("affiliate", "user_id"),),
    ),
    "stock_reservations": fate("order_id product_id stream_id quantity"),
    "order_items": fate(
        "id order_id product_id quantity price_minor unit_minor celebrated_at",
        name=kept(_FOR_THE_BOOKS),
        seller_id=ANONYMISED,
        rules=(Change("seller_id", {"seller_id": NOBODY_ID}),),
        sections=(
            section("purchasedItems", "user_id", without="seller_id", via=("order_id", "orders")),
            section("itemsSold", "seller_id"),
        ),
    ),
    "payments": fate(
        "id order_id provider status currency amount_minor refund_state created_at updated_at",
        provider_payment_id=kept(_FOR_THE_BOOKS + "; the provider has its own duties to delete"),
        refund_reason=ERASED,
        refund_id=kept(_FOR_THE_BOOKS),
        rules=(
            ChangeVia("order_id", "orders", {"refund_reason": None}),
            ChangeVia("order_id", "orders", {"refund_reason": None}, owner="host_id"),
        ),
        sections=(section("payments", "user_id", via=("order_id", "orders")),),
    ),
    "orders": fate(
        "id stream_id status currency total_minor commission_percent commission_minor provider payment_id is_restocking"
        " reserved_until next_check_at checks created_at updated_at paid_at refunded_at",
        user_id=ANONYMISED,
        host_id=ANONYMISED,
        affiliate_id=ERASED,
        cart_id=ERASED,
        payment_method_id=ERASED,
        shipping_address_id=ERASED,
        shipping_address=ERASED,
        idempotency_key=ERASED,
        request_hash=ERASED,
        decline_reason=ERASED,
        refund_reason=ERASED,
        rules=(
            Change("user_id", WITHOUT_BUYER),
            Change("host_id", {"refund_reason": None, "host_id": NOBODY_ID}),
            Change("affiliate_id", {"affiliate_id": None}),
        ),
        sections=(section("purchasesMade", "user_id", without="request_hash host_id affiliate_id"),),
    ),
    "payment_methods": fate(
        "id provider created_at is_default used_up_at",
        user_id=ERASED,
        token_sealed=ERASED,
        token_hash=ERASED,
        method=ERASED,
        last_four=ERASED,
        expiry_month=ERASED,
        expiry_year=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("paymentMethods", "user_id", without="token_sealed token_hash"),),
    ),
    "shipping_addresses": fate(
        "id is_default created_at updated_at",
        user_id=ERASED,
        recipient=ERASED,
        line1=ERASED,
        line2=ERASED,
        city=ERASED,
        region=ERASED,
        postal_code=ERASED,
        country=ERASED,
        phone=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("addresses", "user_id"),),
    ),
    "payment_notices": fate("key payment_id received_at due_at attempts"),
    "sandbox_payments": fate(
        "id idempotency_key request_hash reference status decides_at decides_to amount_minor currency refunded_minor"
        " reason takes_no_refund created_at"
    ),
    "sandbox_refunds": fate("idempotency_key id payment_id amount_minor created_at"),
    "sandbox_notices": fate("id payment_id due_at attempts"),
    "after_commit_tasks": fate("id kind subject due_at attempts done_at last_error created_at"),
}
