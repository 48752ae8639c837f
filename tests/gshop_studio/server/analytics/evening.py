"""An evening's show: an hour of people coming, writing, reacting and buying, written straight into the database."""

from __future__ import annotations

import math
import random

from tests.gshop_studio.server.analytics.audience import Past
from tests.gshop_studio.server.shop import Person, Shop

MINUTES = 58
NAMES = ("Ceramic mug, hand painted", "Reading lamp", "Canvas bag", "Linen apron")


async def products(shop: Shop, seller: Person, currency: str = "USD") -> list[str]:
    return [
        await shop.product(seller, name=name, price=price, currency=currency)
        for name, price in zip(NAMES, (18.5, 64, 32, 41), strict=True)
    ]


async def live_through(shop: Shop, show: Past, product_ids: list[str], fans: list[Person]) -> None:
    """The same every time."""
    chance = random.Random(7)
    curve = [
        round(140 * math.sin(math.pi * (minute + 3) / 64) ** 1.4) + chance.randint(-6, 6) for minute in range(MINUTES)
    ]
    points = [
        (show.at(60 * minute + 30 * half), max(0, viewers), max(0.0, viewers * 0.12 + chance.uniform(-3, 5)))
        for minute, viewers in enumerate(curve)
        for half in (0, 1)
    ]
    await show.metrics(points)
    await show.reactions(
        {show.at(60 * minute): chance.randint(0, 30) + (220 if minute in (22, 41) else 0) for minute in range(58)}
    )
    devices = ("mobile", "mobile", "mobile", "web", "tablet")
    await show.viewers(
        *(
            {
                "watch_duration_s": chance.expovariate(1 / 460),
                "device": chance.choice(devices),
                "reactions_count": chance.choice((0, 1, 4)),
                "purchases_made": int(chance.random() < 0.04),
            }
            for _ in range(400)
        ),
        *(
            {
                "user_id": fan.id,
                "watch_duration_s": 3000.0 - 300 * index,
                "messages_count": 40 - 4 * index,
                "reactions_count": 60,
                "purchases_made": int(index < 2),
            }
            for index, fan in enumerate(fans)
        ),
    )
    sold = ((11, 3, 41, 20350), (9, 9, 30, 57600), (6, 6, 44, 19200))
    for product_id, (pieces, orders, clicks, revenue) in zip(product_ids, sold, strict=False):
        await show.product(
            product_id, sold_count=pieces, purchase_count=orders, click_count=clicks, revenue_minor=revenue
        )
    await show.show(
        status="ended",
        ended_at=show.at(60 * MINUTES),
        viewer_count=0,
        peak_viewer_count=max(curve),
        total_views=400 + len(fans),
        total_messages=812,
        total_purchases=18,
        total_shares=14,
        gmv_minor=97150,
    )
