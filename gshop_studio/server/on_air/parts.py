"""Composition of what products on air need."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.on_air.alerts import ProductAlerts
from gshop_studio.server.on_air.clicks import Clicks
from gshop_studio.server.on_air.media_time import MediaTime
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.on_air.shelf import Shelf
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup


@dataclass(frozen=True, slots=True)
class OnAirParts:
    on_air: OnAirService
    clicks: Clicks
    alerts: ProductAlerts


def on_air_parts(
    database: Database,
    lookup: StreamLookup,
    catalog: CatalogService,
    gateway: Gateway,
    messages: ServerMessages,
    media_time: MediaTime,
    click_limit: RateLimit,
    clock: Clock,
) -> OnAirParts:
    """`click_limit` is of one person and product. Joined to the catalogue, whose changes shelves show."""
    shelf = Shelf(lookup, catalog, gateway, clock)
    alerts = ProductAlerts(database, lookup, catalog, gateway, messages, clock)
    on_air = OnAirService(database, lookup, catalog, shelf, alerts, gateway, media_time, clock)
    catalog.subscribe(
        changing=on_air.products_changing, changed=on_air.product_changed, deleting=on_air.product_deleting
    )
    return OnAirParts(on_air, Clicks(database, lookup, shelf, click_limit), alerts)
