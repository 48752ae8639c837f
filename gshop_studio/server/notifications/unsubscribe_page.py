"""The page of `unsubscribing`'s link, without anything that is not in it: a question with a button, and the answer."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from gshop_studio.server.accounts.caller import as_language
from gshop_studio.server.dependencies import Has, Language
from gshop_studio.server.words import say

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@router.get("/unsubscribe/{ticket}")
def ask_unsubscribe(ticket: str, services: Has, language: Language) -> Response:
    services.notifications.unsubscribing.require(ticket)
    language = as_language(language)
    button = f'<form method="post"><button>{escape(say("Stop these e-mails", language))}</button></form>'
    return _page(say("No more e-mails of this kind?", language), button, language)


@router.post("/unsubscribe/{ticket}")
async def unsubscribe_by_link(ticket: str, services: Has, language: Language) -> Response:
    await services.notifications.unsubscribing.unsubscribe(ticket)
    language = as_language(language)
    hint = escape(say("You can turn them on again under notifications.", language))
    return _page(say("You will get no more e-mails of this kind.", language), f"<p>{hint}</p>", language)


def _page(title: str, body: str, language: str) -> Response:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    main = f"<h1>{escape(title)}</h1>{body}"
    page = f'<!doctype html>\n<html lang="{language}"><head>{head}</head><body>{main}</body></html>\n'
    return HTMLResponse(page, headers={**_HEADERS, "Content-Language": language})
