"""The plan's load script for Locust: viewers who look what is on, read the show's page, join its room, watch, write and
go. In stages: to 50 users, 100 for long, 200, and down again.

    locust -f tests/load/locustfile.py --headless -H http://127.0.0.1:8080

`LOAD_SCALE` (1) shortens the stages: with 0.25 they take 105 s instead of 7 minutes; each viewer does as before, and
watches for `LOAD_WATCH_S` (30). A show must be on air. The server's limits by address must allow for all of them coming
from one machine.
"""

from __future__ import annotations

import itertools
import os
import time
from functools import partial
from typing import Any

import gevent
from locust import HttpUser, LoadTestShape, task

from tests.load.room_socket import RoomSocket

SCALE = float(os.environ.get("LOAD_SCALE", "1"))
STAGES = ((60, 50), (240, 100), (300, 200), (420, 0))
"""Seconds from the start, and how many users there are to be by then."""
WATCH_S = float(os.environ.get("LOAD_WATCH_S", "30"))
AFTERWARDS_S = WATCH_S / 6
_numbers = itertools.count(1)


class Stages(LoadTestShape):
    def tick(self) -> tuple[int, float] | None:
        elapsed_s = self.get_run_time() / SCALE  # type: ignore[no-untyped-call] # the library has no types
        start_s, before = 0, 0
        for end_s, users in STAGES:
            if elapsed_s < end_s:  # as k6 does: evenly from one stage's number to the next
                share = (elapsed_s - start_s) / (end_s - start_s)
                return round(before + share * (users - before)), 100.0
            start_s, before = end_s, users
        return None


class Viewer(HttpUser):
    def on_start(self) -> None:
        wish = {"displayName": f"Viewer {next(_numbers)}"}
        self.token = self.client.post("/api/v1/auth/guest", json=wish).json()["accessToken"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    @task
    def watch(self) -> None:
        streams = self._read("/api/v1/live/streams/active")["streams"]
        if not streams:
            gevent.sleep(1)
            return
        stream_id = streams[0]["id"]
        show = f"/api/v1/live/streams/{stream_id}"
        products = self._read(show, "/api/v1/live/streams/{id}")["products"]
        self._read(f"{show}/messages", "/api/v1/live/streams/{id}/messages")
        if products:
            self._read(f"/api/v1/products/{products[0]['productId']}", "/api/v1/products/{id}")
        room: RoomSocket | None = None
        try:
            room = self._timed("connect", partial(RoomSocket, str(self.host), self.token))
            self._timed("live:join", partial(room.call, "live:join", {"streamId": stream_id}))
            room.listen(WATCH_S)
            wish = {"streamId": stream_id, "message": "Great product!"}
            self._timed("live:message", partial(room.call, "live:message", wish))
            room.listen(AFTERWARDS_S)
        except OSError:
            return  # counted as a failure where it happened
        finally:
            if room is not None:
                room.close()
        wish = {"message": "Bought it!"}
        self.client.post(f"{show}/messages", json=wish, headers=self.headers, name="/api/v1/live/streams/{id}/messages")

    def _read(self, path: str, name: str | None = None) -> Any:
        return self.client.get(path, headers=self.headers, name=name).json()

    def _timed(self, name: str, work: Any) -> Any:
        start_s = time.perf_counter()
        failure: BaseException | None = None
        try:
            return work()
        except OSError as error:
            failure = error
            raise
        finally:
            elapsed_ms = (time.perf_counter() - start_s) * 1000
            self.environment.events.request.fire(
                request_type="socket",
                name=name,
                response_time=elapsed_ms,
                response_length=0,
                exception=failure,
                context={},
            )
