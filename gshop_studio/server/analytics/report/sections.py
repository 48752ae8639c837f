"""The report's sections, each a piece of HTML, or empty where it has nothing to say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gshop_studio.contract.analytics import Kpi, KpiResult, MetricPoint, Report
from gshop_studio.domain.show_highlights import HighlightType
from gshop_studio.server.analytics.report.axes import clock_label
from gshop_studio.server.analytics.report.charts import FULL, HALF, NARROW, Mark, Size, curve, share_bar
from gshop_studio.server.analytics.report.figures import NOTHING, goal_of, money, result_of, value_of
from gshop_studio.server.words import format_duration, format_number, format_percent, say, say_number, translatable

PRODUCTS = 10
MARKS = frozenset({HighlightType.PRODUCT_SHOW, HighlightType.REACTION_BURST, HighlightType.BIG_PURCHASE})
_RESULT_ICONS = {
    KpiResult.BELOW: "M3 6l5 5 5-5",
    KpiResult.REACHED: "M3 8.5l3.5 3.5L13 5",
    KpiResult.EXCEEDED: "M3 10l5-5 5 5",
    KpiResult.UNKNOWN: "M4 8h8",
}
_KINDS = {
    HighlightType.PRODUCT_SHOW: translatable("Product"),
    HighlightType.BIG_PURCHASE: translatable("Purchase"),
    HighlightType.MILESTONE: translatable("Milestone"),
    HighlightType.REACTION_BURST: translatable("Reactions"),
}
_DEVICES = {
    "mobile": translatable("Phone"),
    "tablet": translatable("Tablet"),
    "web": translatable("Computer"),
    "unknown": translatable("Unknown"),
}


def tiles(report: Report) -> str:
    """The figures one looks for first."""
    numbers, language = report.analytics, report.language

    def number(value: int) -> str:
        return format_number(value, language)

    orders = say_number("{count} order", "{count} orders", numbers.purchases, language)
    buyers = say("{share} of viewers bought", language, share=format_percent(numbers.conversion_rate, language))
    most = say("at most {count} at once", language, count=number(numbers.peak_viewers))
    bounced = say("{share} left within 10 s", language, share=format_percent(numbers.bounce_rate, language))
    reactions = say_number("{count} reaction", "{count} reactions", numbers.reactions_count, language)
    shares = say_number("{count} share", "{count} shares", numbers.shares_count, language)
    watched = format_duration(numbers.avg_watch_time, language)
    score = format_number(round(numbers.engagement_score), language) if numbers.total_views else "–"
    figures = (
        ("main", say("Sales", language), money(numbers.revenue, numbers.currency, language), f"{orders} · {buyers}"),
        ("", say("Views", language), number(numbers.total_views), most),
        ("", say("Average watch time", language), watched, bounced),
        ("", say("Messages", language), number(numbers.messages_count), f"{reactions} · {shares}"),
        ("", say("Engagement", language), score, say("of 100", language)),
    )
    return _section(
        "tiles",
        "",
        "".join(
            f'<div class="tile {kind}"><h3>{escape(label)}</h3><p class="figure">{escape(figure)}</p>'
            f"<p>{escape(note)}</p></div>"
            for kind, label, figure, note in figures
        ),
    )


def viewers(report: Report) -> str:
    """Viewers by minute, the moments worth coming back to marked."""
    language = report.language
    marks = [Mark(moment.timestamp, moment.title) for moment in report.highlights if moment.type in MARKS]
    title = say("Viewers by minute", language)
    body = _curves(report, report.analytics.viewers_by_minute, title, FULL, "viewers", marks)
    note = say("Vertical lines: products presented and bursts of reactions.", language) if marks and body else ""
    return _section("card", title, (body or _empty(say("Nobody watched this show.", language))) + _note(note))


def activity(report: Report) -> str:
    """Messages and reactions, beside each other."""
    language, numbers = report.language, report.analytics
    charts = (
        (say("Messages by minute", language), numbers.messages_by_minute, "messages"),
        (say("Reactions by minute", language), numbers.reactions_by_minute, "reactions"),
    )
    cards = [
        _section("card", title, _curves(report, points, title, HALF, tone, ()) or _empty(say("None.", language)))
        for title, points, tone in charts
    ]
    return f'<div class="pair">{"".join(cards)}</div>'


def products(report: Report) -> str:
    """What was sold: revenue by product, with how well each was looked at and bought."""
    language, numbers = report.language, report.analytics
    title = say("Sales by product", language)
    if not numbers.revenue_by_product:
        return _section("card", title, _empty(say("Nothing was sold in this show.", language)))
    most = max(product.value for product in numbers.revenue_by_product)
    details = {product.id: product for product in numbers.top_products}
    head = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>'
        for text, kind in (
            (say("Product", language), ""),
            (say("Sold", language), ' class="number"'),
            (say("Clicks", language), ' class="number when-wide"'),
            (say("Bought of clicks", language), ' class="number when-wide"'),
            (say("Sales", language), ' class="number"'),
        )
    )
    rows = []
    for product in numbers.revenue_by_product[:PRODUCTS]:
        known = details.get(product.product_id)
        cells = (
            (format_number(known.sold_count, language) if known else NOTHING, "number"),
            (format_number(known.click_count, language) if known else NOTHING, "number when-wide"),
            (
                format_percent(known.conversion_rate, language) if known and known.click_count else NOTHING,
                "number when-wide",
            ),
            (money(product.value, numbers.currency, language), "number strong"),
        )
        said = "".join(f'<td class="{kind}">{escape(text)}</td>' for text, kind in cells)
        bar = share_bar(product.value / most if most else 0.0, "revenue")
        rows.append(f'<tr><th scope="row">{escape(product.name)}{bar}</th>{said}</tr>')
    return _section("card", title, f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>")


def goals(report: Report) -> str:
    """The measures of success beside their goals."""
    language = report.language
    head = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>'
        for text, kind in (
            (say("Measure", language), ""),
            (say("This show", language), ' class="number"'),
            (say("Goal", language), ' class="number when-wide"'),
            (say("Result", language), ""),
        )
    )
    rows = "".join(_goal(kpi, report) for kpi in report.kpis)
    body = f'<table class="goals"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return _section("card", say("Goals", language), body)


def moments(report: Report) -> str:
    """The highlights, in the order of the show."""
    if not report.highlights:
        return ""
    language = report.language
    items = "".join(
        f"<li><time>{clock_label(int(moment.timestamp))}</time>"
        f'<span class="moment">{escape(moment.title)}</span>'
        f'<span class="kind">{escape(say(_KINDS[moment.type], language))}</span></li>'
        for moment in report.highlights
    )
    return _section("card", say("Moments", language), f'<ol class="moments">{items}</ol>')


def people(report: Report) -> str:
    """Top fans, devices and, where they are known, countries."""
    language, numbers = report.language, report.analytics
    cards = []
    if numbers.top_fans:
        items = "".join(
            f'<li><span class="name">{escape(fan.display_name)}</span>'
            f'<span class="note">{escape(format_duration(fan.watch_time, language))} · '
            f"{escape(say_number('{count} message', '{count} messages', fan.messages_count, language))}</span>"
            f'<span class="number strong">{escape(format_number(round(fan.score), language))}</span></li>'
            for fan in numbers.top_fans
        )
        cards.append(_section("card", say("Top fans", language), f'<ol class="fans">{items}</ol>'))
    if numbers.devices:
        named = {say(_DEVICES.get(code, "Unknown"), language): count for code, count in numbers.devices.items()}
        cards.append(_section("card", say("Devices", language), _shares(named, language)))
    if numbers.countries:
        named = {code if code != "unknown" else say("Unknown", language): n for code, n in numbers.countries.items()}
        cards.append(_section("card", say("Countries", language), _shares(named, language)))
    return f'<div class="pair">{"".join(cards)}</div>' if cards else ""


def _goal(kpi: Kpi, report: Report) -> str:
    language = report.language
    goal = escape(goal_of(kpi, language))
    return (
        f'<tr><th scope="row">{escape(kpi.label)}<span class="when-narrow">{goal}</span></th>'
        f'<td class="number strong">{escape(value_of(kpi, report.analytics.currency, language))}</td>'
        f'<td class="number when-wide">{goal}</td><td><span class="result {kpi.result.value}">'
        '<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        f'<path d="{_RESULT_ICONS[kpi.result]}"/></svg>'
        f"{escape(result_of(kpi, language))}</span></td></tr>"
    )


def _curves(
    report: Report, points: Sequence[MetricPoint], title: str, size: Size, tone: str, marks: Sequence[Mark]
) -> str:
    """The chart in both sizes; empty without anything to draw."""
    if report.started_at is None or not any(point.value for point in points):
        return ""
    start = report.started_at.timestamp()
    places = [(point.at.timestamp() - start, point.value) for point in points]
    most = format_number(round(max(point.value for point in points)), report.language)
    label = say("{title}: at most {most}", report.language, title=title, most=most)
    draw = (curve(places, report.duration, label, report.language, each, tone, marks) for each in (size, NARROW))
    return "".join(draw)


def _shares(counts: dict[str, int], language: str) -> str:
    whole = sum(counts.values()) or 1
    items = "".join(
        f'<li><span class="name">{escape(name)}</span>'
        f'<span class="number strong">{escape(format_percent(count / whole, language))}</span>'
        f"{share_bar(count / whole, 'viewers')}</li>"
        for name, count in counts.items()
    )
    return f'<ul class="shares">{items}</ul>'


def _section(kind: str, title: str, body: str) -> str:
    heading = f"<h2>{escape(title)}</h2>" if title else ""
    return f'<section class="{kind}">{heading}{body}</section>'


def _empty(text: str) -> str:
    return f'<p class="empty">{escape(text)}</p>'


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>' if text else ""
