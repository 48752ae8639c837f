"""A viewer at a show: picture, product card, chat both ways, and how it begins and ends."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.end_to_end.page.conftest import GoOnAir, OpenViewer
from tests.end_to_end.page.shop import Seller, wait_until
from tests.end_to_end.page.viewer import SEEN_WITHIN_MS

expect.set_options(timeout=SEEN_WITHIN_MS)


def test_the_picture_plays_near_the_live_edge(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show("Autumn sale")
    on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    watcher.wait_until_moving()

    assert 0 < watcher.evaluate("() => gshop.latencyMs") < 10_000
    expect(watcher.page.locator("#show-title")).to_have_text("Autumn sale")
    expect(watcher.page.locator("#viewer-figure")).to_have_text("1")
    expect(watcher.page).to_have_title(re.compile("Autumn sale"))

    watcher.page.click("#sound-invite")
    assert watcher.evaluate("() => document.getElementById('video').muted") is False
    expect(watcher.page.locator("#sound-invite")).to_be_hidden()
    watcher.wait_until_moving()
    assert watcher.complaints == []


def test_the_card_comes_and_goes_with_the_picture(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    lamp = seller.product(name="Desk lamp", price=40, stock=3)
    vase = seller.product(name="Vase", price=15, stock=50)
    show = seller.create_show(products=[lamp])
    seller.ask("POST", f"/live/streams/{show.id}/products", {"productId": vase, "livePrice": 12})
    on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    expect(watcher.card).to_be_hidden()

    seller.highlight(show, lamp)
    expect(watcher.card).to_be_visible()
    expect(watcher.card.locator(".card-name")).to_have_text("Desk lamp")
    expect(watcher.card.locator(".card-price")).to_have_text("$40.00")
    expect(watcher.card.locator(".card-stock")).to_have_text("Only 3 left")
    expect(watcher.card.locator(".card-old-price")).to_be_hidden()

    seller.highlight(show, vase)
    expect(watcher.card.locator(".card-name")).to_have_text("Vase")
    expect(watcher.card.locator(".card-price")).to_have_text("$12.00")
    expect(watcher.card.locator(".card-old-price")).to_have_text("$15.00")
    expect(watcher.card.locator(".card-saving")).to_have_text("−20%")

    late = viewer()
    late.watch(show.id)
    expect(late.card.locator(".card-name")).to_have_text("Vase")

    seller.hide(show, vase)
    expect(watcher.card).to_be_hidden()
    expect(late.card).to_be_hidden()
    assert watcher.complaints == [] and late.complaints == []


def test_the_card_waits_for_the_viewers_playhead(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show()
    on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    watcher.evaluate(
        "() => { window.shown = new Promise((resolve) => {"
        " let mediaAt; gshop.connection.addEventListener('live', ({ detail }) => {"
        "   if (detail.event === 'live:product:highlighted') mediaAt = detail.data.mediaAt; });"
        " new MutationObserver(() => resolve(gshop.player.playheadMs - mediaAt))"
        "   .observe(document.getElementById('card'), { attributes: true }); }); }"
    )
    seller.highlight(show, show.product_ids[0])
    expect(watcher.card).to_be_visible()
    late_by_ms = watcher.evaluate("() => window.shown")
    assert 0 <= late_by_ms < 500


def test_chat_goes_both_ways_under_a_guests_name(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show()
    on_air(show)
    ana, luis = viewer(), viewer(size=(1280, 800))
    for each in (ana, luis):
        each.watch(show.id)
        each.wait_for_phase("live")

    ana.write("Is there one in blue?")
    ana.give_name("Ana")
    expect(ana.lines.last).to_have_attribute("data-state", "sent")
    expect(luis.lines.last).to_have_text(re.compile("Ana.*Is there one in blue?"))
    assert seller.messages(show)[-1]["message"] == "Is there one in blue?"

    seller.say(show, "Yes, in blue and in green")
    expect(ana.lines.last).to_contain_text("Yes, in blue and in green")
    expect(ana.lines.last.locator(".badge.is-host")).to_be_visible()

    ana.write("Lovely")  # the name is asked for once
    expect(luis.lines.last).to_contain_text("Lovely")
    assert ana.lines.count() == luis.lines.count() == 3

    ana.page.reload()  # the name stays, and so do the messages
    expect(ana.lines).to_have_count(3)
    ana.write("Back again")
    expect(luis.lines.last).to_have_text(re.compile("Ana.*Back again"))
    assert ana.complaints == [] and luis.complaints == []


def test_writing_too_fast_is_explained_and_can_be_retried(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show()
    on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_phase("live")
    watcher.write("0")
    watcher.give_name("Flood")
    expect(watcher.lines.last).to_have_attribute("data-state", "sent")
    for number in range(1, 11):
        watcher.write(str(number))
    failed = watcher.page.locator(".line[data-state=failed]")
    expect(failed.first.locator(".line-note")).to_have_text("You write very fast. Wait a few seconds.")

    def is_sent() -> bool:
        if failed.count() > 0:
            failed.first.locator("button").click()
        return watcher.page.locator(".line.is-own:not([data-state=sent])").count() == 0

    wait_until(is_sent, "the failed message is sent after all", pause_s=1)
    assert sorted(message["message"] for message in seller.messages(show)) == sorted(map(str, range(11)))


def test_what_people_write_stays_text(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    """case 1, case 2"""
    attack = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
    link = 'javascript:alert(1) "onmouseover="alert(1)" https://example.com/\'"><b>x</b>'
    product = seller.product(name=attack[:120])
    show = seller.create_show(title=f"{attack[:100]}", products=[product])
    on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_phase("live")
    seller.highlight(show, product)
    watcher.write(attack)
    watcher.give_name("<b onclick=alert(1)>Eve</b>")
    expect(watcher.lines.last).to_have_attribute("data-state", "sent")
    seller.say(show, link)

    expect(watcher.lines.nth(0).locator(".line-text")).to_have_text(attack)
    expect(watcher.lines.nth(0).locator(".line-author")).to_have_text("<b onclick=alert(1)>Eve</b>")
    expect(watcher.lines.nth(1).locator(".line-text")).to_have_text(link)
    expect(watcher.card.locator(".card-name")).to_have_text(attack[:120])
    expect(watcher.page.locator("#show-title")).to_have_text(attack[:100])
    strangers = "#chat img, #chat b, #chat a, #chat script, .card-words img, .shop img, .shop b, [onclick], [onerror]"
    assert watcher.page.locator(strangers).count() == 0
    assert "hacked" not in watcher.page.title().split("<")[0]
    front = viewer()
    front.open("/")
    expect(front.page.locator(".show-name", has_text="onerror").first).to_be_visible()
    assert front.page.locator(".show-name *").count() == 0
    assert watcher.complaints == [] and front.complaints == []


def test_a_show_from_soon_to_over(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show(scheduledAt="2030-01-02T20:00:00.000Z")
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_phase("startingSoon")
    expect(watcher.page.locator("#slate-title")).to_have_text("Starting soon")
    expect(watcher.page.locator("#slate-text")).to_contain_text("2030")
    expect(watcher.page.locator("#message")).to_be_disabled()

    on_air(show)
    watcher.wait_for_picture()
    seller.highlight(show, show.product_ids[0])
    expect(watcher.card).to_be_visible()

    seller.end(show)
    watcher.wait_for_phase("ended")
    expect(watcher.page.locator("#slate-title")).to_have_text("The show is over")
    expect(watcher.card).to_be_hidden()
    expect(watcher.page.locator("#message")).to_be_disabled()
    assert watcher.evaluate("() => document.getElementById('video').paused") is True
    assert watcher.evaluate("() => gshop.player.state") == "idle"
    assert watcher.complaints == []

    late = viewer()
    late.watch(show.id)
    late.wait_for_phase("ended")
    assert late.complaints == []


def test_an_unknown_show_is_said_to_be_one(viewer: OpenViewer) -> None:
    watcher = viewer()
    watcher.watch("0193a000-0000-7000-8000-000000000000")
    watcher.wait_for_phase("notFound")
    expect(watcher.page.locator("#slate-title")).to_have_text("We cannot find this show")
    expect(watcher.page.locator("#chat")).to_be_hidden()
    watcher.page.click("#slate-link")
    expect(watcher.page.locator("h1")).to_have_text("Live now")
    # Chromium itself notes the API's 404.
    assert all("status of 404" in complaint for complaint in watcher.complaints)


def test_the_front_page_shows_what_is_live_and_only_that(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    watcher = viewer()
    watcher.open("/")
    expect(watcher.page.locator("#empty")).to_be_visible()

    show = seller.create_show("Ceramics by hand")
    on_air(show)
    link = watcher.page.locator(".show-link", has_text="Ceramics by hand")
    expect(link).to_be_visible()
    expect(watcher.page.locator("#empty")).to_be_hidden()

    seller.end(show)
    expect(link).to_have_count(0)
    expect(watcher.page.locator("#empty")).to_be_visible()
    assert watcher.complaints == []
