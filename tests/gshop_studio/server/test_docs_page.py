"""`/docs` in a browser: this server's own document, from this server's own files, within the page's policy."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.gshop_studio.server.test_command import serving
from tests.support.browser import launched


def test_the_documentation_works_with_no_other_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as (_, url), sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        complaints: list[str] = []
        asked: set[str] = set()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.add(request.url.split("/")[2]) if "://" in request.url[:9] else None)
        answer = page.goto(f"{url}/docs")
        assert answer is not None and answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy and "unsafe-eval" not in policy and "unsafe-inline" not in policy
        expect(page.locator(".info .title")).to_contain_text("GSHOP Studio companion server")
        page.locator("#operations-catalogue-listProducts").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        assert asked == {url.removeprefix("http://")}
        assert complaints == []
