"""The demo's show, step by step: server up, on air, watched, a product shown, chat both ways, ended, all measured."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gshop_studio.client.errors import ClientError
from gshop_studio.client.live import LiveConnection
from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.rest import StartAnswer, StreamCreate
from gshop_studio.demo.measurements import Measurements
from gshop_studio.demo.processes import DemoFailed, DemoProcesses
from gshop_studio.demo.room import Person
from gshop_studio.domain.quality import FRAMES_PER_SECOND, Quality

READY_TIMEOUT_S = 60.0
FIRST_SEGMENT_TIMEOUT_S = 20.0
FIRST_SEGMENT_GOAL_S = 3.0
STOP_GOAL_S = 5.0
MIN_READ_SHARE = 0.8
"""The share of the pictures due that the viewer must have decoded, each with its time code."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What the demo plays."""

    seconds: float = 20.0
    quality: Quality = Quality.P720
    video: str = "test"
    audio: str = "tone"


class DemoShow:
    """One show in a directory of its own, by real processes of ours over real sockets."""

    def __init__(self, directory: Path, options: ShowOptions, say: Say) -> None:
        self._directory = directory
        self._options = options
        self._say = say
        self.measured = Measurements()

    async def play(self) -> None:
        """Play the show; `measured` tells how it went.

        Raises:
            DemoFailed: a step did not happen.
        """
        async with DemoProcesses(self._directory) as processes:
            try:
                await self._play(processes)
            except ClientError as error:
                raise DemoFailed(str(error)) from error
            left = processes.left_behind()
            self.measured.add("processes left behind", ", ".join(left) or "none", is_good=not left)

    async def _play(self, processes: DemoProcesses) -> None:
        http_url = await self._start_server(processes)
        seller, buyer = Person("the seller", http_url), Person("the buyer", http_url)
        try:
            await seller.api.sign_in(*self._account("seller"))
            await buyer.api.sign_in(*self._account("buyer"))
            products = (await seller.api.my_products()).products
            show = await seller.api.create_stream(
                StreamCreate(title="The demo's show", product_ids=[product.id for product in products])
            )
            started = await seller.api.start_stream(show.id)
            await self._go_on_air(processes, started)
            await self._watch(processes, started.hls_playback_url)
            at_seller, at_buyer = await seller.join(show.id), await buyer.join(show.id)
            await self._show_product(at_seller, buyer, products[0].id, products[0].name)
            await self._chat(at_buyer, seller, "Does it come in blue?", "chat, buyer to seller")
            await self._chat(at_seller, buyer, "It does, from tonight.", "chat, seller to buyer")
            await self._finish_watching(processes)
            await self._end(processes, seller, buyer, show.id)
        finally:
            await buyer.leave()
            await seller.leave()
        await self._stop_server(processes)

    async def _start_server(self, processes: DemoProcesses) -> str:
        self._say("starting the companion server with its sample shop")
        data_dir = self._directory / "server"
        before = time.monotonic()
        arguments = ["serve", "--data-dir", str(data_dir), "--port", "0", "--rtmp-port", "0", "--sample-shop"]
        await processes.start("server", arguments)
        words = (await processes.first_line("server", timeout_s=READY_TIMEOUT_S)).split()
        if words[:1] != ["ready"]:
            raise DemoFailed(f"the server said '{' '.join(words)}' instead of ready")
        self.measured.add("server ready", f"{time.monotonic() - before:.1f} s", is_good=True)
        return dict(word.split("=", 1) for word in words[1:])["http"]

    def _account(self, role: str) -> tuple[str, str]:
        accounts = json.loads((self._directory / "server" / "sample-accounts.json").read_text())
        account = next(account for account in accounts if account["role"] == role)
        return account["email"], account["password"]

    async def _go_on_air(self, processes: DemoProcesses, started: StartAnswer) -> None:
        self._say(f"going on air with the test card, {self._options.quality}, for {self._options.seconds:.0f} s")
        arguments = ["broadcast", "--video", self._options.video, "--audio", self._options.audio, "--burn-time-code"]
        arguments += ["--quality", self._options.quality, "--to", started.rtmp_ingest_url]
        arguments += ["--stats", str(self._directory / "stats.jsonl")]
        before = time.monotonic()
        await processes.start("broadcast", arguments, {"GSHOP_STREAM_KEY": started.stream_key})
        await self._wait_for_first_segment(started.hls_playback_url, processes)
        took_s = time.monotonic() - before
        self.measured.add("broadcast start to first segment", f"{took_s:.1f} s", is_good=took_s <= FIRST_SEGMENT_GOAL_S)

    async def _wait_for_first_segment(self, playlist_url: str, processes: DemoProcesses) -> None:
        deadline = time.monotonic() + FIRST_SEGMENT_TIMEOUT_S
        while "#EXTINF" not in await asyncio.to_thread(_playlist, playlist_url):
            if time.monotonic() > deadline:
                raise DemoFailed(f"no segment was listed: {processes.log_tail('broadcast')}")
            await asyncio.sleep(0.02)

    async def _watch(self, processes: DemoProcesses, playlist_url: str) -> None:
        self._say("a viewer opens the stream and decodes it")
        arguments = ["play", playlist_url, "--seconds", str(self._options.seconds)]
        await processes.start("viewer", [*arguments, "--report", str(self._directory / "viewer.json")])

    async def _show_product(self, at_seller: LiveConnection, buyer: Person, product_id: str, name: str) -> None:
        self._say(f"the seller shows {name}")
        before = time.monotonic()
        await at_seller.show_product(product_id)
        await buyer.wait_for(ServerEvent.PRODUCT_HIGHLIGHTED, lambda data: bool(data["product"]["id"] == product_id))
        took_ms = (time.monotonic() - before) * 1000
        self.measured.add("product card at the buyer", f"{name}, after {took_ms:.0f} ms", is_good=True)

    async def _chat(self, sender: LiveConnection, reader: Person, text: str, what: str) -> None:
        before = time.monotonic()
        await sender.send_message(text, uuid.uuid4().hex)
        await reader.wait_for(ServerEvent.MESSAGE, lambda data: bool(data["message"] == text))
        self.measured.add(what, f"after {(time.monotonic() - before) * 1000:.0f} ms", is_good=True)

    async def _finish_watching(self, processes: DemoProcesses) -> None:
        status = await processes.wait("viewer", timeout_s=self._options.seconds + 30)
        if status != 0:
            raise DemoFailed(f"the viewer saw nothing: {processes.log_tail('viewer')}")
        report: dict[str, Any] = json.loads((self._directory / "viewer.json").read_text())
        due = self._options.seconds * FRAMES_PER_SECOND * MIN_READ_SHARE
        decoded, read = report["frames_decoded"], report["time_codes_read"]
        self.measured.add("pictures decoded by the viewer", decoded, is_good=decoded >= due)
        self.measured.add("time codes read from them", read, is_good=read >= due)
        advanced_s = (report["last_time_code_ms"] - report["first_time_code_ms"]) / 1000
        is_advancing = advanced_s >= self._options.seconds * MIN_READ_SHARE
        self.measured.add("time code advanced by", f"{advanced_s:.1f} s", is_good=is_advancing)
        self.measured.add("capture to decoded, median", _milliseconds(report.get("latency_ms_median")), is_good=True)
        self.measured.add(
            "sound against picture, median", _milliseconds(report.get("av_offset_ms_median")), is_good=True
        )

    async def _end(self, processes: DemoProcesses, seller: Person, buyer: Person, stream_id: str) -> None:
        self._say("the show ends")
        status = await processes.stop("broadcast")
        lines = (self._directory / "stats.jsonl").read_text().splitlines()
        last: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        self.measured.add("broadcast's exit status", status, is_good=status == 0)
        self.measured.add("pictures dropped by the engine", last.get("dropped_frames"), is_good=True)
        await seller.api.end_stream(stream_id)
        await buyer.wait_for(ServerEvent.STREAM_ENDED, lambda data: bool(data["streamId"] == stream_id))
        self.measured.add("the buyer was told of the end", "yes", is_good=True)

    async def _stop_server(self, processes: DemoProcesses) -> None:
        before = time.monotonic()
        status = await processes.stop("server")
        took_s = time.monotonic() - before
        is_good = status == 0 and took_s <= STOP_GOAL_S
        self.measured.add("server stopped", f"status {status}, after {took_s:.1f} s", is_good=is_good)


def _playlist(url: str) -> str:
    """The playlist's text, or nothing while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the address our own server handed out
            return str(answer.read().decode())
    except urllib.error.HTTPError:
        return ""


def _milliseconds(value: float | None) -> str:
    return "not measured" if value is None else f"{round(value)} ms"
