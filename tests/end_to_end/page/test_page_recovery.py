"""What a viewer goes through when the camera or the server does not hold, without ever reloading."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.end_to_end.page.companion import Companion
from tests.end_to_end.page.conftest import GoOnAir, OpenViewer
from tests.end_to_end.page.shop import Seller
from tests.end_to_end.page.viewer import SEEN_WITHIN_MS

expect.set_options(timeout=SEEN_WITHIN_MS)
STAY = "() => { window.wasHereBefore = true; }"
HAS_STAYED = "() => window.wasHereBefore === true"


def test_a_lost_camera_is_said_and_its_return_is_seen(seller: Seller, on_air: GoOnAir, viewer: OpenViewer) -> None:
    show = seller.create_show()
    camera = on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    watcher.evaluate(STAY)

    camera.stop()
    watcher.wait_for_phase("interrupted")
    expect(watcher.page.locator("#slate-title")).to_have_text("The show will be right back")
    expect(watcher.page.locator("#message")).to_be_enabled()

    camera.start_until(lambda: bool(seller.ask("GET", f"/live/streams/{show.id}")["isReceiving"]))
    watcher.wait_for_picture()
    watcher.wait_until_moving()
    assert watcher.evaluate(HAS_STAYED)


def test_a_killed_server_comes_back_without_a_reload(
    companion: Companion, seller: Seller, on_air: GoOnAir, viewer: OpenViewer
) -> None:
    """case 65: picture, card and chat go on in the page that was open, and nothing of the chat is lost or doubled."""
    show = seller.create_show()
    camera = on_air(show)
    watcher = viewer()
    watcher.watch(show.id)
    watcher.wait_for_picture()
    watcher.write("Before")
    watcher.give_name("Ana")
    expect(watcher.lines.last).to_have_attribute("data-state", "sent")
    watcher.evaluate(STAY)

    companion.kill_and_restart()
    watcher.write("Meanwhile")
    camera.start_until(lambda: bool(seller.ask("GET", f"/live/streams/{show.id}")["isReceiving"]))
    watcher.wait_for_picture()
    watcher.wait_until_moving()
    expect(watcher.page.locator("#connection")).to_be_hidden()

    seller.highlight(show, show.product_ids[0])
    expect(watcher.card).to_be_visible()
    seller.say(show, "After")
    expect(watcher.lines).to_have_count(3)
    expect(watcher.page.locator(".line.is-own").last).to_have_attribute("data-state", "sent")
    assert watcher.evaluate(HAS_STAYED)
    # Nothing but the failed requests themselves, which Chromium notes.
    assert all("ERR_" in complaint or "status of 404" in complaint for complaint in watcher.complaints)
