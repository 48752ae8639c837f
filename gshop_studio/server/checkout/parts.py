"""Buying, put together: a branch of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.after_commit.after_commit import AfterCommit
from gshop_studio.server.analytics.metrics.meter import Meter
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.checkout import kinds
from gshop_studio.server.checkout.backlog import COUNT_EVERY_S, Backlog
from gshop_studio.server.checkout.calling_off import CallingOff
from gshop_studio.server.checkout.carts import CartService
from gshop_studio.server.checkout.commissions import CommissionService
from gshop_studio.server.checkout.desk import Desk
from gshop_studio.server.checkout.keys import FORGET_EVERY_S, PurchaseKeys
from gshop_studio.server.checkout.orders import OrderService
from gshop_studio.server.checkout.purchases import PurchaseService
from gshop_studio.server.checkout.reconciling import EVERY_S, Reconciling
from gshop_studio.server.checkout.refunds import RefundService
from gshop_studio.server.checkout.reserving import Reserving
from gshop_studio.server.checkout.settlement import Settlement
from gshop_studio.server.checkout.stats import CheckoutStatsService
from gshop_studio.server.checkout.told.big_purchases import BigPurchases
from gshop_studio.server.checkout.told.celebrations import Celebrations
from gshop_studio.server.checkout.told.chat_messages import PurchaseMessages
from gshop_studio.server.checkout.told.milestones import PurchaseMilestones
from gshop_studio.server.checkout.told.numbers import SaleNumbers
from gshop_studio.server.checkout.told.sale_notices import SaleNotices
from gshop_studio.server.checkout.told.seller_notices import SellerNotices
from gshop_studio.server.checkout.told.stock_elsewhere import StockElsewhere
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.payments.parts import PaymentParts
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup


@dataclass(frozen=True, slots=True)
class CheckoutParts:
    """What the routes and sockets use, and what runs."""

    carts: CartService
    purchases: PurchaseService
    orders: OrderService
    refunds: RefundService
    stats: CheckoutStatsService
    commissions: CommissionService
    celebrations: Celebrations
    reconciling: Reconciling
    """Also whom payment notices are for."""
    desk: Desk
    after_commit: AfterCommit
    keys: PurchaseKeys
    backlog: Backlog

    def start(self) -> None:
        self.after_commit.start()

    async def close(self) -> None:
        await self.desk.close()
        await self.after_commit.close()

    def tell(self, metrics: Metrics) -> None:
        """What is counted here."""
        self.backlog.tell(metrics)
        metrics.read_counter(
            "gshop_after_commit_put_off",
            "Tasks that failed, to be tried again.",
            lambda: self.after_commit.failed_count,
        )

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(EVERY_S, "orders", self.reconciling.look)
        jobs.every(COUNT_EVERY_S, "numbers of checkout", self.backlog.count)
        jobs.every(FORGET_EVERY_S, "old purchase keys", self.keys.forget_old)


def checkout_parts(
    database: Database,
    lookup: StreamLookup,
    accounts: AccountService,
    catalog: CatalogService,
    on_air: OnAirService,
    gateway: Gateway,
    messages: ServerMessages,
    meter: Meter,
    notices: Notices,
    payments: PaymentParts,
    *,
    reservation_s: float,
    clock: Clock,
) -> CheckoutParts:
    after_commit, provider = AfterCommit(database, clock), payments.provider
    settlement = Settlement(database, lookup, catalog, on_air, after_commit, provider.name, clock)
    orders = OrderService(database)
    desk = Desk(database, Reserving(lookup, accounts, payments, reservation_s, clock))
    refunds = RefundService(database, catalog, orders, provider, after_commit, clock)
    celebrations = Celebrations(database, lookup, on_air, gateway, clock)
    after_commit.does(
        within={
            kinds.CELEBRATE: celebrations.celebrate,
            kinds.SAY_IN_CHAT: PurchaseMessages(lookup, messages).say,
            kinds.TELL_SALE: SaleNotices(lookup, accounts, gateway).tell,
            kinds.MILESTONE: PurchaseMilestones(lookup, gateway, clock).look,
            kinds.BIG_PURCHASE: BigPurchases(lookup, clock).look,
            kinds.STOCK_ELSEWHERE: StockElsewhere(on_air).tell,
            kinds.NOTIFY_SELLER: SellerNotices(accounts, notices).tell,
        },
        outside={
            kinds.NUMBERS: SaleNumbers(database, meter).tell,
            kinds.GIVE_BACK: refunds.give_back,
            kinds.CALL_OFF: CallingOff(database, provider, settlement).call_off,
        },
    )
    return CheckoutParts(
        carts=CartService(database, lookup, catalog, clock),
        purchases=PurchaseService(database, payments, desk, settlement, orders),
        orders=orders,
        refunds=refunds,
        stats=CheckoutStatsService(database, lookup),
        commissions=CommissionService(database, lookup, accounts, clock),
        celebrations=celebrations,
        reconciling=Reconciling(database, provider, settlement, clock),
        desk=desk,
        after_commit=after_commit,
        keys=PurchaseKeys(database, clock),
        backlog=Backlog(database, clock),
    )
