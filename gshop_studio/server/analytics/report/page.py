"""The report as one HTML page that needs nothing else: to look at, to print, to keep. Pure.

Whatever people wrote is escaped; the page has no scripts, and its policy allows only its own style.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape

from gshop_studio.contract.analytics import Report
from gshop_studio.paths import resources_dir
from gshop_studio.server.analytics.report import sections
from gshop_studio.server.words import format_day, format_duration, format_moment, say


@cache
def _style() -> str:
    tokens = (resources_dir() / "themes" / "tokens.css").read_text("utf-8")
    return tokens + (resources_dir() / "report" / "report.css").read_text("utf-8")


@cache
def content_security_policy() -> str:
    """Nothing but the page's own style, by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def page_of(report: Report, zone: str = "UTC") -> str:
    """The whole page, in the report's language; moments in `zone`."""
    language = report.language
    title = say("Report: {title}", language, title=report.title)
    parts = (
        _head(report, zone),
        sections.tiles(report),
        sections.viewers(report),
        sections.activity(report),
        sections.products(report),
        sections.goals(report),
        sections.moments(report),
        sections.people(report),
        _foot(report, zone),
    )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content_security_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="dark light">\n'
        f"<title>{escape(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(report: Report, zone: str) -> str:
    language = report.language
    when = format_moment(report.started_at, language, zone) if report.started_at is not None else ""
    facts = [report.host_name, when, format_duration(report.duration, language)]
    said = "".join(f"<li>{escape(fact)}</li>" for fact in facts if fact)
    return (
        f'<header><p class="kind">{escape(say("Show report", language))}</p>'
        f"<h1>{escape(report.title)}</h1><ul>{said}</ul></header>"
    )


def _foot(report: Report, zone: str) -> str:
    made = say("Made by GSHOP Studio on {day}.", report.language, day=format_day(report.made_at, report.language, zone))
    return f"<footer><p>{escape(made)}</p></footer>"
