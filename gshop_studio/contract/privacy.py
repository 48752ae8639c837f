"""Bodies of what a person is handed of all that is known of them, and of the erasure of their account."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from gshop_studio.contract.wire import Answer, Moment, Request

EXPORT_FORMAT = 1
Rows = list[dict[str, Any]]


class DataExport(Answer):
    """All that is known of a person. Each list holds what one table has of them, under the names of its columns;
    amounts whose names end in `Minor` are in the currency's minor units."""

    format: int
    exported_at: Moment
    user: dict[str, Any]
    streams_watched: Rows
    messages_sent: Rows
    purchases_made: Rows
    addresses: Rows
    affiliate: Rows
    blocked_words: Rows
    cart_items: Rows
    carts: Rows
    co_host_of: Rows
    commissions: Rows
    devices: Rows
    following: Rows
    items_sold: Rows
    messages_held: Rows
    moderated: Rows
    moderated_by_me: Rows
    moderator_of: Rows
    notification_preferences: Rows
    notifications: Rows
    notifications_sent: Rows
    payment_methods: Rows
    payments: Rows
    products: Rows
    purchased_items: Rows
    recommendations: Rows
    restrictions: Rows
    show_highlights: Rows
    show_schedules: Rows
    shows: Rows
    sign_ins: Rows
    subscriptions: Rows
    wishlist: Rows


class AccountDeletion(Request):
    """The password once more: a token alone deletes nobody."""

    password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


class AccountDeleted(Answer):
    message: str
    """That it is done, in the person's language."""
