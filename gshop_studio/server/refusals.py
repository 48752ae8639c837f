"""Why the server does not do what was asked: one error class with a stable code, its status and its text.

The English text is the message id of the `server` catalogue. Services raise `Refused`; `problems` turns it into a
problem document, `realtime.sockets` into an acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalText:
    status: int
    text: str
    """Its `{seconds}` is said as a duration."""


REFUSALS: dict[str, RefusalText] = {
    "request.invalid": RefusalText(422, "Some of what was sent does not fit. See the fields."),
    "request.bad_body": RefusalText(400, "What was sent could not be read."),
    "request.too_large": RefusalText(413, "What was sent is too large."),
    "request.not_found": RefusalText(404, "There is nothing at this address."),
    "request.method_not_allowed": RefusalText(405, "This address does not take that method."),
    "request.rate_limited": RefusalText(429, "Too many requests. Wait a moment and try again."),
    "request.unknown_event": RefusalText(422, "The server does not know this event."),
    "event.rate_limited": RefusalText(429, "Too many events. Wait a moment."),
    "request.failed": RefusalText(400, "The request could not be done."),
    "server.internal": RefusalText(500, "Something went wrong on the server. It has been noted."),
    "storage.full": RefusalText(507, "The server's disk is full, so nothing was saved."),
    "storage.busy": RefusalText(503, "The server is busy saving. Try again in a moment."),
    "storage.unreachable": RefusalText(503, "The server cannot reach its data. Try again in a moment."),
    "storage.failed": RefusalText(503, "The server could not read or write its data."),
    "auth.required": RefusalText(401, "Sign in to do this."),
    "auth.bad_token": RefusalText(401, "This sign-in is not valid. Sign in again."),
    "auth.token_expired": RefusalText(401, "This sign-in has expired. Sign in again."),
    "auth.bad_credentials": RefusalText(401, "The e-mail address or the password is wrong."),
    "auth.bad_refresh_token": RefusalText(401, "This session is over. Sign in again."),
    "auth.forbidden": RefusalText(403, "You may not do this."),
    "auth.account_needed": RefusalText(403, "You need an account for this. Sign in or register."),
    "auth.email_taken": RefusalText(409, "There is already an account with this e-mail address."),
    "auth.too_many_attempts": RefusalText(429, "Too many attempts. Wait a moment and try again."),
    "account.on_air": RefusalText(409, "A show of yours is live. End it first."),
    "account.order_open": RefusalText(409, "A payment for an order or a show of yours is not settled yet. Try later."),
    "connection.too_many": RefusalText(429, "Too many connections from your address."),
    "connection.too_many_of_yours": RefusalText(429, "You are connected too many times. Close a window and try again."),
    "product.not_found": RefusalText(404, "There is no such product."),
    "product.on_air": RefusalText(409, "This product is in a show that is live. Take it out of the show first."),
    "image.unreadable": RefusalText(422, "This file is not a picture we can read. Send a JPEG, PNG or WebP."),
    "image.too_large": RefusalText(413, "This picture is too large."),
    "image.not_found": RefusalText(404, "There is no such picture."),
    "stream.not_found": RefusalText(404, "There is no such show."),
    "stream.private": RefusalText(403, "This show is private."),
    "stream.banned": RefusalText(403, "You have been banned from this show."),
    "stream.is_live": RefusalText(409, "This show is live. End it first."),
    "stream.not_over": RefusalText(409, "This show is not over yet."),
    "stream.not_live": RefusalText(409, "This show is not live."),
    "stream.over": RefusalText(409, "This show is over."),
    "stream.too_many_joined": RefusalText(429, "You are in too many shows at once. Leave one first."),
    "stream.not_joined": RefusalText(409, "Join the show first."),
    "stream.product_not_found": RefusalText(404, "This product is not in the show."),
    "stream.product_already_added": RefusalText(409, "This product is already in the show."),
    "stream.price_not_yours": RefusalText(403, "Only the product's own seller sets its price on air."),
    "stream.product_sold": RefusalText(409, "This product was sold in this show, so it stays in it. Hide it instead."),
    "stream.currency_mismatch": RefusalText(422, "This show sells in {currency}, so products in others do not fit."),
    "stream.products_mismatch": RefusalText(422, "The order must name every product of the show once."),
    "user.not_found": RefusalText(404, "There is no such person."),
    "follow.not_yourself": RefusalText(422, "You cannot follow yourself."),
    "message.not_found": RefusalText(404, "There is no such message."),
    "message.already_decided": RefusalText(409, "This message has been decided over already."),
    "message.edit_too_late": RefusalText(409, "A message can be edited for {seconds} only."),
    "moderation.banned": RefusalText(409, "This person is banned from the show. Lift the ban first."),
    "moderation.not_allowed_on": RefusalText(409, "Hosts, moderators and staff cannot be moderated."),
    "chat.timed_out": RefusalText(403, "You have been timed out. You can write again in {seconds}."),
    "chat.slow_mode": RefusalText(429, "Slow mode is on: one message every {seconds}."),
    "chat.followers_only": RefusalText(403, "Only followers may write here. Follow to join in."),
    "chat.blocked_words": RefusalText(422, "Your message holds words that are not allowed here."),
    "chat.links": RefusalText(422, "Links are not allowed here."),
    "chat.spam": RefusalText(422, "Your message looks like spam."),
    "chat.toxic": RefusalText(422, "Your message was not sent: please be kind."),
    "chat.rate_limited": RefusalText(429, "You are writing too fast. Wait a moment."),
    "highlight.not_found": RefusalText(404, "There is no such highlight."),
    "address.not_found": RefusalText(404, "There is no such address."),
    "address.too_many": RefusalText(409, "You have {limit} addresses already. Remove one first."),
    "payment_method.not_found": RefusalText(404, "There is no such payment method."),
    "payment_method.too_many": RefusalText(409, "You have {limit} payment methods already. Remove one first."),
    "payment_method.used_up": RefusalText(409, "This token was used already. Enter your card again."),
    "payment.bad_notice": RefusalText(401, "This notice is not signed as it has to be."),
    "schedule.not_found": RefusalText(404, "There is no such schedule."),
    "schedule.over": RefusalText(409, "This schedule is over, or was cancelled."),
    "device.not_found": RefusalText(404, "There is no such device."),
    "product.out_of_stock": RefusalText(409, "This product is out of stock."),
    "product.too_few": RefusalText(409, "There are only {count} left of this product."),
    "checkout.own_show": RefusalText(403, "Hosts do not buy in their own show."),
    "checkout.own_product": RefusalText(403, "This is a product of your own."),
    "checkout.cart_not_found": RefusalText(404, "There is no such cart."),
    "checkout.item_not_found": RefusalText(404, "This is not in your cart."),
    "checkout.cart_empty": RefusalText(409, "Your cart is empty."),
    "checkout.cart_closed": RefusalText(409, "This cart was bought or given up already."),
    "checkout.in_purchase": RefusalText(409, "This cart is being bought right now."),
    "checkout.price_rose": RefusalText(
        409, "A price has risen since. Look at your cart, and buy it again if it suits you."
    ),
    "checkout.reservation_over": RefusalText(
        409, "The payment took too long, so the goods were let go. You get back what was paid."
    ),
    "checkout.not_completed": RefusalText(409, "The order could not be completed. You get back what was paid."),
    "order.not_found": RefusalText(404, "There is no such order."),
    "order.not_paid": RefusalText(409, "This order is not paid, so there is nothing to give back."),
    "payment.declined": RefusalText(402, "The payment was declined. Try another way to pay."),
    "stream.not_affiliates": RefusalText(409, "Only an affiliate's show has a commission to share."),
    "idempotency.key_reused": RefusalText(409, "This key was already used for something else."),
}

FIELD_TEXTS: dict[str, str] = {
    "field.missing": "This field is needed.",
    "field.unknown": "The server does not know this field.",
    "field.wrong_type": "This is not the kind of value that fits here.",
    "field.too_short": "This is too short: at least {limit}.",
    "field.too_long": "This is too long: at most {limit}.",
    "field.too_small": "This is too small: at least {limit}.",
    "field.too_large": "This is too large: at most {limit}.",
    "field.not_a_choice": "This is not one of the choices: {choices}.",
    "field.bad_pattern": "This does not have the form that is needed.",
    "field.bad_country": "This is not a country: two capital letters, such as PE.",
    "field.bad_currency": "This is not a currency: three capital letters, such as USD.",
    "field.bad_time": "This is not a time of day, such as 21:30.",
    "field.bad_date": "This is not a date, such as 2026-12-24.",
    "field.bad_moment": "This is not a date with a time, such as 2026-12-24T21:30:00Z.",
    "field.bad_email": "This is not an e-mail address.",
    "field.bad_json": "This is not JSON.",
    "field.bad_link": "This is not a web address: it begins with http:// or https://.",
    "field.bad_zone": "This is not a time zone, such as America/Lima.",
    "field.bad_amount": "This amount has more decimals than {currency} has.",
    "field.card_number": "This is a card's number. Send the token your payment provider gives for it.",
    "field.invalid": "This value does not fit.",
}


@dataclass(frozen=True, slots=True)
class FieldRefusal:
    """One field that does not fit. `field` is the dotted path in the body."""

    field: str
    code: str
    params: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """Not done, for a reason the caller is told."""

    def __init__(
        self,
        code: str,
        *,
        params: dict[str, str] | None = None,
        errors: tuple[FieldRefusal, ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params = params or {}
        self.errors = errors
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return REFUSALS[self.code].status
