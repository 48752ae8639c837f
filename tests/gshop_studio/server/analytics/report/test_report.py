"""The report after a show: JSON, and one HTML page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.analytics import evening
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop

NOT_MEASURED = ("latency", "uptime", "start_time", "buffering")
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """Its tags, its attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
async def over(shop: Shop, seller: Person, past: MakePast) -> str:
    """A show that is over, with all there is to tell."""
    ids = await evening.products(shop, seller)
    stream_id = await shop.live_stream(seller, productIds=ids, title="Autumn sale")
    fans = [await shop.person(name=name) for name in ("Ana", "Luis", "Eva")]
    await evening.live_through(shop, await past(stream_id), ids, fans)
    return stream_id


async def page_of(shop: Shop, stream_id: str, who: Person, **params: str) -> str:
    response = await shop.send("GET", f"live/streams/{stream_id}/report", who, params={"format": "html", **params})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def test_there_is_no_report_before_the_end(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/report"
    assert await shop.refused("stream.not_over", "GET", path, seller) == 409
    assert await shop.refused("auth.forbidden", "GET", path, await shop.person()) == 403
    assert await shop.refused("auth.required", "GET", path) == 401
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    report = await shop.ask("GET", path, seller)
    assert report["streamId"] == stream_id and report["analytics"]["totalViews"] == 0
    assert "Nobody watched this show." in await page_of(shop, stream_id, seller)


async def test_the_plans_measures_stand_beside_their_goals(shop: Shop, seller: Person, over: str) -> None:
    report = await shop.ask("GET", f"live/streams/{over}/report", seller)
    assert (report["title"], report["hostName"], report["duration"]) == ("Autumn sale", "Alba", 58 * 60)
    kpis = {kpi["code"]: kpi for kpi in report["kpis"]}
    assert list(kpis) == [
        "concurrent_viewers",
        "average_watch_time",
        "chat_activity",
        "reaction_rate",
        "conversion_rate",
        "average_order_value",
        "gmv",
        "click_to_purchase",
        *NOT_MEASURED,
    ]
    viewers, order, sales = kpis["concurrent_viewers"], kpis["average_order_value"], kpis["gmv"]
    assert (viewers["goalFrom"], viewers["goalTo"], viewers["result"]) == (50, 200, "reached")
    assert (order["value"], order["result"], order["goalCurrency"]) == (
        pytest.approx(971.5 / 18, abs=0.01),
        "reached",
        "USD",
    )
    assert (sales["value"], sales["result"]) == (971.5, "below")
    for code in ("click_to_purchase", *NOT_MEASURED):
        assert kpis[code]["result"] == "unknown" and "value" not in kpis[code]
    assert (kpis["buffering"]["goalTo"], kpis["uptime"]["goalFrom"]) == (0.01, 0.999)
    assert kpis["average_watch_time"]["result"] == "reached"


async def test_every_product_in_the_table_has_its_numbers(shop: Shop, seller: Person, past: MakePast) -> None:
    ids = [await shop.product(seller, name=f"Mug {number}") for number in range(11)]
    stream_id = await shop.live_stream(seller, productIds=ids)
    show = await past(stream_id)
    for number, product_id in enumerate(ids):
        sold = {"sold_count": 3, "purchase_count": 1, "click_count": 4, "revenue_minor": 2000 - number}
        await show.product(product_id, **sold)
    assert len((await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller))["topProducts"]) == 5
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    page = await page_of(shop, stream_id, seller)
    table = page[page.index("Sales by product") : page.index("</table>", page.index("Sales by product"))]
    assert table.count('<th scope="row">') == 10 and "–" not in table
    assert table.count(">25%<") == 10


async def test_of_many_moments_the_report_has_the_best(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    await show.highlights([("product_show", 10.0 * each, {"productId": "x"}) for each in range(200)])
    await show.highlights([("reaction_burst", 3000.0, {"reactions": 40}), ("milestone", 3100.0, {"viewerCount": 10})])
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    moments = (await shop.ask("GET", f"live/streams/{stream_id}/report", seller))["highlights"]
    assert [moment["type"] for moment in moments[-3:]] == ["product_show", "reaction_burst", "milestone"]
    assert [moment["timestamp"] for moment in moments[:-2]] == [10.0 * each for each in range(198)]


async def test_a_show_in_another_currency_is_not_judged_by_dollars(shop: Shop, seller: Person, past: MakePast) -> None:
    ids = await evening.products(shop, seller, "MXN")
    stream_id = await shop.live_stream(seller, productIds=ids)
    await evening.live_through(shop, await past(stream_id), ids, [])
    report = await shop.ask("GET", f"live/streams/{stream_id}/report", seller)
    assert {kpi["code"] for kpi in report["kpis"] if kpi["result"] == "unknown"} == {
        "average_order_value",
        "gmv",
        "click_to_purchase",
        *NOT_MEASURED,
    }
    assert "The goal is in another currency" in await page_of(shop, stream_id, seller)


async def test_the_page_needs_nothing_else(shop: Shop, seller: Person, over: str) -> None:
    response = await shop.send("GET", f"live/streams/{over}/report", seller, headers={"Accept": "text/html,*/*;q=0.8"})
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    page = Page(response.text)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("svg") > 8 and not {"script", "link", "img", "iframe", "object", "a", "form"} & set(tags)
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("style", "src", "href") for name in attributes)
    assert not re.search(r"url\(|@import|https?:", response.text)


async def test_the_page_speaks_the_callers_language(shop: Shop, seller: Person, over: str) -> None:
    spanish = await page_of(shop, over, seller, lang="es", timeZone="America/Lima")
    assert '<html lang="es">' in spanish and "Ventas por producto" in spanish and "USD\u00a0971.50" in spanish
    assert "Lima" in spanish
    portuguese = await page_of(shop, over, seller, lang="pt")
    assert "Vendas por produto" in portuguese and "US$\u00a0971,50" in portuguese
    english = await page_of(shop, over, seller)
    assert "at least 99.9%" in english and "at most 1%" in english and "al menos 99.9%" in spanish
    for goal in ("at least 99.9%", "at most 1%", "at most 2 min", "Availability of the server"):
        assert goal in english
    assert "Disponibilidad del servidor" in spanish and "Disponibilidade do servidor" in portuguese
    assert "Sales by product" in english and "$971.50" in english and "UTC" in english
    path = f"live/streams/{over}/report"
    for zone in ("Nowhere/Here", "../../etc/passwd", "/etc/localtime", ""):
        assert await shop.refused("request.invalid", "GET", path, seller, params={"timeZone": zone}) == 422


async def test_what_people_wrote_is_inert(shop: Shop, past: MakePast) -> None:
    """Case 1."""
    name = "<b onx=1>&\"'"
    seller = await shop.person(Role.SELLER, name)
    mug = await shop.product(seller, name=HOSTILE)
    stream_id = await shop.live_stream(seller, productIds=[mug], title=HOSTILE)
    show = await past(stream_id)
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{mug}/highlight", seller)
    fan = await shop.person(name="<i>Eve</i>")
    await show.viewers({"user_id": fan.id, "watch_duration_s": 900.0, "country": "<u>"})
    await show.product(mug, sold_count=1, revenue_minor=1850)
    await show.metrics([(show.at(30), 5, 2.0)])
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    html = await page_of(shop, stream_id, seller)
    page = Page(html)
    assert not {"script", "img", "b", "i", "u"} & {tag for tag, _ in page.tags}
    text = "".join(page.text)
    assert HOSTILE in text and name in text and "<i>Eve</i>" in text
