"""A bridge without a studio: wishes are written down, snapshots are given by the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import EngineState, EngineStatus
from gshop_studio.studio.chat import ChatSnapshot
from gshop_studio.studio.engine_room import EngineSnapshot
from gshop_studio.studio.going_live import ShowPhase, ShowSnapshot
from gshop_studio.studio.numbers import NumbersSnapshot
from gshop_studio.studio.preflight import PreflightSnapshot
from gshop_studio.studio.session import SessionSnapshot, SessionState
from gshop_studio.studio.shelf import ShelfItem, ShelfSnapshot
from ui.bridge import Bridge, Topic

SIGNED_IN = SessionSnapshot(
    SessionState.SIGNED_IN, "https://shop.test", person_id="me", person_name="Alba & Co.", are_tokens_kept=True
)
ON_AIR = ShowSnapshot(
    ShowPhase.ON_AIR, "show-1", "Autumn sale", "https://shop.test/watch/show-1", 1_000, is_connected=True
)
ITEMS = (
    ShelfItem("a", "Field watch", 149.0, "USD", stock=7),
    ShelfItem("b", "Olive tree", 35.0, "USD", live_price=29.5, stock=1, sold_count=2),
    ShelfItem("c", "Brass lámp", 64.0, "USD", stock=0),
)


def engine(state: EngineState = EngineState.IDLE, **changes: Any) -> EngineSnapshot:
    status = EngineStatus(state, at_ms=0, sent_kbps=2480, encoded_fps=30)
    fields: dict[str, Any] = {"video_source": "test", "audio_source": "tone", "quality": "720p"}
    return EngineSnapshot(is_up=True, status=status, **(fields | changes))


class FakeBridge(Bridge):
    def __init__(self) -> None:
        super().__init__()
        self.wishes: list[tuple[Any, ...]] = []
        self.my_shows: Any = []
        self.preview_sizes: list[tuple[int, int]] = []

    def give(self, *snapshots: Any) -> None:
        """Snapshots come, as from the asyncio thread, and are read at once."""
        kinds: dict[type, Topic] = {
            SessionSnapshot: Topic.SESSION,
            ShowSnapshot: Topic.SHOW,
            EngineSnapshot: Topic.ENGINE,
            ShelfSnapshot: Topic.SHELF,
            ChatSnapshot: Topic.CHAT,
            NumbersSnapshot: Topic.NUMBERS,
            PreflightSnapshot: Topic.PREFLIGHT,
        }
        for snapshot in snapshots:
            topic = kinds[type(snapshot)]
            with self._lock:
                self._waiting[topic] = snapshot
            self._on_topic(topic.value)

    def go_on_air(self) -> None:
        """A person who is live, with three products."""
        self.give(SIGNED_IN, engine(EngineState.LIVE), ShelfSnapshot(ITEMS, can_show=True), ON_AIR)
        self.give(ChatSnapshot(can_write=True, is_connected=True), NumbersSnapshot(viewers=1))

    def try_here(self) -> None:
        self.wishes.append(("try_here",))

    def sign_in(self, address: str, email: str, password: str) -> None:
        self.wishes.append(("sign_in", address, email, password))

    def cancel_sign_in(self) -> None:
        self.wishes.append(("cancel_sign_in",))

    def sign_out(self) -> None:
        self.wishes.append(("sign_out",))

    def go_live_new(self, title: str, product_ids: list[str]) -> None:
        self.wishes.append(("go_live_new", title, product_ids))

    def go_live(self, stream_id: str, title: str) -> None:
        self.wishes.append(("go_live", stream_id, title))

    def end_show(self) -> None:
        self.wishes.append(("end_show",))

    def dismiss_show(self) -> None:
        self.wishes.append(("dismiss_show",))

    def retry_now(self) -> None:
        self.wishes.append(("retry_now",))

    def toggle_product(self, product_id: str) -> None:
        self.wishes.append(("toggle_product", product_id))

    def load_products(self) -> None:
        self.wishes.append(("load_products",))

    def send_message(self, text: str) -> None:
        self.wishes.append(("send_message", text))

    def send_message_again(self, line_id: str) -> None:
        self.wishes.append(("send_message_again", line_id))

    def choose_video(self, spec: str) -> None:
        self.wishes.append(("choose_video", spec))

    def choose_audio(self, spec: str) -> None:
        self.wishes.append(("choose_audio", spec))

    def choose_quality(self, quality: Quality) -> None:
        self.wishes.append(("choose_quality", quality))

    def set_gain(self, gain_db: float) -> None:
        self.wishes.append(("set_gain", gain_db))

    def set_muted(self, is_muted: bool) -> None:
        self.wishes.append(("set_muted", is_muted))

    def refresh_devices(self) -> None:
        self.wishes.append(("refresh_devices",))

    def run_preflight(self, trial_title: str) -> None:
        self.wishes.append(("run_preflight", trial_title))

    def cancel_preflight(self) -> None:
        self.wishes.append(("cancel_preflight",))

    def resize_preview(self, width: int, height: int) -> None:
        self.preview_sizes.append((width, height))

    def ask_picture(self, url: str, then: Callable[[bytes | None], None]) -> None:
        self.wishes.append(("ask_picture", url))

    def ask_my_shows(self, then: Callable[[Any], None]) -> None:
        then(self.my_shows)
