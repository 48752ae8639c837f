"""A seller over REST, and ffmpeg as the camera: what has to go on on the other side of the page."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

FFMPEG = "/usr/bin/ffmpeg"


@dataclass(frozen=True, slots=True)
class Show:
    id: str
    title: str
    product_ids: list[str]


class Seller:
    def __init__(self, url: str, email: str, password: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=30)
        self._email, self._password = email, password
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.ask("POST", "/auth/login", {"email": self._email, "password": self._password})
        self._client.headers["Authorization"] = f"Bearer {answer['accessToken']}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._client.request(method, path, json=body)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def product(self, **fields: object) -> str:
        """Put a product into the catalogue; its id."""
        body = {"name": "Lamp", "price": 20, "currency": "USD", "stock": 9, **fields}
        product_id: str = self.ask("POST", "/products", body)["id"]
        return product_id

    def create_show(self, title: str = "Autumn sale", products: list[str] | None = None, **fields: object) -> Show:
        product_ids = products if products is not None else [self.product()]
        show = self.ask("POST", "/live/streams", {"title": title, "productIds": product_ids, **fields})
        return Show(show["id"], title, product_ids)

    def start(self, show: Show) -> Camera:
        """Go on air; the camera publishes at once."""
        answer = self.ask("POST", f"/live/streams/{show.id}/start")
        return Camera(answer["rtmpIngestUrl"], answer["streamKey"])

    def end(self, show: Show) -> None:
        self.ask("POST", f"/live/streams/{show.id}/end")

    def highlight(self, show: Show, product_id: str) -> None:
        self.ask("PUT", f"/live/streams/{show.id}/products/{product_id}/highlight")

    def hide(self, show: Show, product_id: str) -> None:
        self.ask("PUT", f"/live/streams/{show.id}/products/{product_id}/hide")

    def say(self, show: Show, message: str) -> None:
        self.ask("POST", f"/live/streams/{show.id}/messages", {"message": message})

    def messages(self, show: Show) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.ask("GET", f"/live/streams/{show.id}/messages")["messages"]
        return messages

    def wait_until_receiving(self, show: Show) -> None:
        wait_until(lambda: self.ask("GET", f"/live/streams/{show.id}")["isReceiving"], "media arrives")

    def close(self) -> None:
        self._client.close()


class Camera:
    """ffmpeg publishing a moving test picture and a tone, in real time."""

    def __init__(self, rtmp_url: str, key: str) -> None:
        picture = ["-re", "-f", "lavfi", "-i", "testsrc2=size=360x640:rate=15"]
        sound = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "15"]
        self._command = [FFMPEG, "-nostdin", "-v", "error", *picture, *sound, *encode]
        self._command += ["-b:v", "400k", "-c:a", "aac", "-b:a", "64k", "-f", "flv", f"{rtmp_url}/{key}"]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.stop()
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(15)
            self._process = None

    def start_until(self, is_received: Callable[[], bool]) -> None:
        """Publish, again if the server is not ready to take it."""

        def is_published() -> bool:
            if self._process is None or self._process.poll() is not None:
                self.start()
            return is_received()

        wait_until(is_published, "the camera's media arrives", pause_s=0.5)


def wait_until(condition: Callable[[], object], what: str, *, timeout_s: float = 45, pause_s: float = 0.1) -> None:
    """Wait for a condition of the world outside.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s, but not: {what}"
        time.sleep(pause_s)
