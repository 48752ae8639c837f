"""Composition of taking money: the provider the settings name, what people pay with, and the inbox of its notices."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.clock import Clock
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.payments.inbox import LOOK_EVERY_S, NoticeInbox
from gshop_studio.server.payments.mercado_pago import MercadoPagoProvider
from gshop_studio.server.payments.methods import PaymentMethodService
from gshop_studio.server.payments.ports import PaymentNotices, PaymentProvider
from gshop_studio.server.payments.sandbox.provider import FORGET_EVERY_S, SEND_EVERY_S, SandboxProvider
from gshop_studio.server.payments.signatures import NoticeSignatures
from gshop_studio.server.people.addresses import AddressService
from gshop_studio.server.secret_key import SecretKey


@dataclass(frozen=True, slots=True)
class PaymentParts:
    provider: PaymentProvider
    methods: PaymentMethodService
    addresses: AddressService


def payment_parts(config: ServerConfig, database: Database, secret: SecretKey, clock: Clock) -> PaymentParts:
    provider = _provider(config, database, secret, clock)
    methods = PaymentMethodService(database, provider, secret, clock)
    return PaymentParts(provider, methods, AddressService(database, clock))


def notice_inbox(
    database: Database, provider: PaymentProvider, notices: PaymentNotices, jobs: Jobs, metrics: Metrics, clock: Clock
) -> NoticeInbox:
    """Joined to the provider, where that one lives in this process, and to what is done on a timer. Start it."""
    inbox = NoticeInbox(database, provider, notices, clock)
    metrics.read_counter(
        "gshop_payment_notices_refused", "Payment notices that were not believed.", lambda: inbox.refused_count
    )
    jobs.every(LOOK_EVERY_S, "payment notices", inbox.work)
    if isinstance(provider, SandboxProvider):
        provider.deliver_to(inbox.receive)
        jobs.every(SEND_EVERY_S, "notices of the sandbox", provider.send_due)
        jobs.every(FORGET_EVERY_S, "old payments of the sandbox", provider.forget_old)
    return inbox


def _provider(config: ServerConfig, database: Database, secret: SecretKey, clock: Clock) -> PaymentProvider:
    tolerance_s = config.payment_notice_tolerance_s
    if config.payments == "sandbox":
        signatures = NoticeSignatures(secret.derive("sandbox notices"), tolerance_s)
        return SandboxProvider(database, signatures, clock)
    token, signs_with = config.mercadopago_access_token, config.mercadopago_webhook_secret
    assert token is not None and signs_with is not None and config.mercadopago_currency is not None, "settings say so"
    return MercadoPagoProvider(
        config.mercadopago_url,
        token.get_secret_value(),
        config.mercadopago_currency,
        NoticeSignatures(signs_with.get_secret_value().encode(), tolerance_s),
    )
