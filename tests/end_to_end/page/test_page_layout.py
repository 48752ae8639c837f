"""The page on screens of all sizes, in three languages, by keyboard and for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.end_to_end.page.conftest import OpenViewer
from tests.end_to_end.page.shop import Seller, Show, wait_until
from tests.end_to_end.page.viewer import SEEN_WITHIN_MS, Viewer

expect.set_options(timeout=SEEN_WITHIN_MS)


@pytest.fixture(scope="module")
def show(seller: Seller) -> Iterator[Show]:
    """One that everything is long in, on air for all tests of the module."""
    product = seller.product(name="Headphones_with_noise_cancelling_" * 3, price=12_999.9, stock=2)
    show = seller.create_show("An autumn sale with a rather long name " * 3, [product])
    camera = seller.start(show)
    camera.start_until(lambda: bool(seller.ask("GET", f"/live/streams/{show.id}")["isReceiving"]))
    seller.highlight(show, product)
    for message in ("Hello", "long" * 120, "x " * 200):
        seller.say(show, message)
    yield show
    camera.stop()
    seller.end(show)


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (844, 390), (1280, 800)])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_wider_than_the_screen(
    show: Show, viewer: OpenViewer, size: tuple[int, int], theme: Literal["dark", "light"]
) -> None:
    watcher = viewer(size=size, theme=theme)
    watcher.watch(show.id)
    expect(watcher.card).to_be_visible()
    expect(watcher.lines).to_have_count(3)
    assert watcher.overflow_px <= 0
    for part in (".composer", "#card .card-body", ".top-bar", "#chat", ".rail"):
        assert_on_screen(watcher, part, size)
    wait_until(lambda: overlap(watcher, "#card .card-body", "#chat") == 0, "the card has slid in above the chat")
    watcher.open("/")
    expect(watcher.page.locator(".show-link").first).to_be_visible()
    assert watcher.overflow_px <= 0
    assert watcher.complaints == []


def assert_on_screen(watcher: Viewer, selector: str, size: tuple[int, int]) -> None:
    box = watcher.page.locator(selector).bounding_box()
    assert box is not None, selector
    assert box["x"] >= 0 and box["y"] >= 0, selector
    assert box["x"] + box["width"] <= size[0] + 0.5 and box["y"] + box["height"] <= size[1] + 0.5, (selector, box)


def overlap(watcher: Viewer, one: str, other: str) -> float:
    """Square pixels two parts share."""
    first, second = (watcher.page.locator(selector).bounding_box() for selector in (one, other))
    assert first is not None and second is not None
    width = min(first["x"] + first["width"], second["x"] + second["width"]) - max(first["x"], second["x"])
    height = min(first["y"] + first["height"], second["y"] + second["height"]) - max(first["y"], second["y"])
    return max(0.0, width - 0.5) * max(0.0, height - 0.5)


@pytest.mark.parametrize(
    ("locale", "query", "language", "title"),
    [
        ("es-MX", "", "es", "Escribe un mensaje…"),
        ("pt-BR", "", "pt", "Escreva uma mensagem…"),
        ("fr-FR", "", "en", "Write a message…"),
        ("es-MX", "?lang=pt", "pt", "Escreva uma mensagem…"),
    ],
)
def test_the_language_is_the_browsers_or_the_addresss(
    show: Show, viewer: OpenViewer, locale: str, query: str, language: str, title: str
) -> None:
    watcher = viewer(locale=locale)
    watcher.watch(show.id, query)
    expect(watcher.page.locator("#message")).to_have_attribute("placeholder", title)
    expect(watcher.page.locator("html")).to_have_attribute("lang", language)


def test_switching_the_language_rewrites_the_page_where_it_stands(show: Show, viewer: OpenViewer) -> None:
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    expect(watcher.card.locator(".card-stock")).to_have_text("Only 2 left")
    frames = watcher.picture()[1]
    watcher.page.select_option(".language-select", "es")
    expect(watcher.card.locator(".card-stock")).to_have_text("Solo quedan 2")
    expect(watcher.page.locator("#live-mark")).to_have_text("En vivo")
    assert watcher.picture()[1] >= frames > 0, "the show goes on"
    watcher.page.reload()
    expect(watcher.page.locator("#message")).to_have_attribute("placeholder", "Escribe un mensaje…")
    assert watcher.complaints == []


def test_everything_can_be_reached_and_done_by_keyboard(show: Show, viewer: OpenViewer) -> None:
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    expect(watcher.page.locator("#sound-invite")).to_be_visible()
    reached = []
    for _ in range(12):
        watcher.page.keyboard.press("Tab")
        reached.append(
            watcher.evaluate("() => document.activeElement.id || document.activeElement.className || 'page'")
        )
    for wanted in ("round-button", "mute", "language-select", "sound-invite", "lines", "message", "send-button"):
        assert wanted in reached, reached

    watcher.page.focus("#message")
    watcher.page.keyboard.type("By keyboard")
    watcher.page.keyboard.press("Enter")
    expect(watcher.page.locator("#guest-name")).to_be_focused()
    watcher.page.keyboard.press("Escape")
    expect(watcher.page.locator("dialog")).to_be_hidden()
    expect(watcher.page.locator("#message")).to_be_focused()
    expect(watcher.page.locator("#message")).to_have_value("By keyboard")  # nothing typed is lost


def test_everything_one_can_press_has_a_name(show: Show, viewer: OpenViewer) -> None:
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    nameless = watcher.evaluate(
        "() => [...document.querySelectorAll(':is(button, a, input, select, [role=log]):not([hidden])')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()))"
        ".map((e) => e.outerHTML)"
    )
    assert nameless == []
    assert watcher.page.get_by_role("log").count() == 1
    assert watcher.page.get_by_role("heading", level=1).count() == 1


def test_reading_back_is_not_disturbed_by_new_messages(show: Show, viewer: OpenViewer, seller: Seller) -> None:
    watcher = viewer(size=(360, 640))
    watcher.watch(show.id)
    expect(watcher.lines.first).to_be_attached()
    log = watcher.page.locator(".lines")
    log.evaluate("(list) => list.scrollTo(0, 0)")
    before = watcher.lines.count()
    seller.say(show, "Something new")
    expect(watcher.page.locator(".new-lines")).to_have_text("1 new message")
    assert log.evaluate("(list) => list.scrollTop") == 0
    watcher.page.click(".new-lines")
    expect(watcher.page.locator(".new-lines")).to_be_hidden()
    assert watcher.lines.count() == before + 1
    assert log.evaluate("(list) => list.scrollHeight - list.scrollTop - list.clientHeight") < 2
