"""A show made by REST for a test or a benchmark, and a broadcast into it by the real engine or by ffmpeg."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import our_process, wait_until
from tests.support.server import RunningServer


@dataclass(frozen=True)
class StartedShow:
    stream_id: str
    page_url: str
    playlist_url: str
    rtmp_url: str
    stream_key: str
    product_ids: list[str]


class Rest:
    """The REST API with plain requests: a test's own client, apart from the one under test."""

    def __init__(self, server: RunningServer, role: str | None = None) -> None:
        self._base = f"{server.http}/api/v1"
        self._token: str | None = None
        if role is not None:
            email, password = server.account(role)
            self._token = self.call("POST", "/auth/login", {"email": email, "password": password})["accessToken"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; an HTTP error is raised with the problem in its text."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None


def start_show(server: RunningServer, seller: Rest, title: str = "Autumn sale") -> StartedShow:
    """A show with all of the sample shop's products, started."""
    products = [product["id"] for product in seller.call("GET", "/products?mine=true")["products"]]
    show = seller.call("POST", "/live/streams", {"title": title, "productIds": products})
    started = seller.call("POST", f"/live/streams/{show['id']}/start")
    return StartedShow(
        stream_id=show["id"],
        page_url=f"{server.http}/watch/{show['id']}",
        playlist_url=started["hlsPlaybackUrl"],
        rtmp_url=started["rtmpIngestUrl"],
        stream_key=started["streamKey"],
        product_ids=products,
    )


def playlist(url: str) -> str:
    """The playlist's text, empty while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        error.close()
        return ""


def wait_for_segments(url: str, count: int = 1, timeout_s: float = 30.0) -> None:
    """Until the playlist lists at least `count` segments."""
    wait_until(lambda: playlist(url).count("#EXTINF") >= count, timeout_s=timeout_s, what="segments", every_s=0.02)


def footage() -> tuple[str, str]:
    """Picture and sound: the footage of GSHOP_SAMPLE_MEDIA if there is any, the test card otherwise."""
    folder = os.environ.get("GSHOP_SAMPLE_MEDIA")
    if not folder:
        return "test", "tone"
    return f"file:{Path(folder) / 'webcam-person-640x480.mkv'}", f"file:{Path(folder) / 'speech.flac'}"


@contextlib.contextmanager
def on_air(show: StartedShow, home: Path, *, quality: str = "360p") -> Iterator[subprocess.Popen[bytes]]:
    """The real engine, broadcasting into the show."""
    video, audio = footage()
    arguments = ["broadcast", "--video", video, "--audio", audio, "--burn-time-code"]
    arguments += ["--quality", quality, "--to", show.rtmp_url]
    env = {"GSHOP_STREAM_KEY": show.stream_key}
    with our_process(arguments, home=home, log=home.parent / "broadcast.log", extra_env=env) as process:
        yield process
