"""Keeps the encoder's work in step with what uplink and processor can carry. Lives on the event loop's thread.

Four times a second the uplinks are looked at, once a second the loops' lateness and the sound, every ten seconds the
machine. With several destinations the slowest one tells the rate, for there is one encoding.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from encoder.adaptive_bitrate import AdaptiveBitrate, BitrateDecision, BitrateState
from encoder.clock import Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.encoding import Encoding
from encoder.errors import BUGS
from encoder.machine_health import HealthWatch, MachineHealth, read_health
from encoder.on_air import OnAir
from encoder.outputs.publication import Publication
from encoder.overload import FULL_PREVIEW_FPS, OverloadDecision, OverloadMonitor
from encoder.stage import Stage
from encoder.states import ON_AIR_STATES
from encoder.video_loop import LoopLoad
from gshop_studio.engine_protocol import EngineState, Fault

_log = logging.getLogger(__name__)
_UPLINK_INTERVAL_S = 0.25
_LOOKS_A_SECOND = 4
_LOOKS_A_HEALTH = 40
_SETTLING_LOOKS = 2
"""Opening encoders makes the loop late once; that says nothing of what follows."""
_HEALTH_S = 1.0
_STEADY = BitrateDecision(0, BitrateState.STEADY, "")


class RateKeeper:
    """Looks, and turns the encoder's two wheels: rate and effort.

    Args:
        on_notice: Told once of each trouble of the machine and the sound.
        on_preview_fps: Told how many previews a second the machine can afford.
    """

    def __init__(
        self,
        stage: Stage,
        on_air: OnAir,
        clock: Clock,
        on_notice: Callable[[Fault], None],
        on_preview_fps: Callable[[int], None],
    ) -> None:
        self._stage = stage
        self._on_air = on_air
        self._clock = clock
        self._on_notice = on_notice
        self._on_preview_fps = on_preview_fps
        self._encoding: Encoding | None = None
        self._controllers: dict[Publication, AdaptiveBitrate] = {}
        self._overload = OverloadMonitor()
        self._settling_looks = _SETTLING_LOOKS
        self._health_watch = HealthWatch()
        self._task: asyncio.Task[None] | None = None
        self.bitrate = _STEADY
        self.overload: OverloadDecision | None = None
        self.load: LoopLoad | None = None
        self.health: MachineHealth | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="rate-keeper")

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def _run(self) -> None:
        looks = 0
        while True:
            try:
                await self._look(looks)
            except BUGS:  # a show must not lose its rate control to one bad look
                _log.exception("a look failed")
            looks += 1
            await asyncio.sleep(_UPLINK_INTERVAL_S)

    async def _look(self, looks: int) -> None:
        self._look_at_uplinks()
        if looks % _LOOKS_A_SECOND == 0:
            self._look_at_load()
            self._look_at_sound()
        if looks % _LOOKS_A_HEALTH == 0:
            await self._look_at_machine()

    def _look_at_uplinks(self) -> None:
        encoding = self._on_air.encoding
        if encoding is not self._encoding:  # another run: what was learnt of the last one's uplinks is gone with it
            self._encoding, self.bitrate = encoding, _STEADY
            self._controllers.clear()
        if encoding is None:
            return
        now_us = self._clock.now_us()
        publications = [one for one in self._on_air.publications.values() if one.state in ON_AIR_STATES]
        self._controllers = {one: self._controllers.get(one) or _controller(encoding) for one in publications}
        decisions = [
            controller.observe(
                now_us, one.queued_ms, one.sent_bytes, one.acknowledged_bytes, one.state is EngineState.LIVE
            )
            for one, controller in self._controllers.items()
        ]
        self.bitrate = min(decisions, key=lambda decision: decision.kbps, default=_steady(encoding))
        encoding.set_bitrate(self.bitrate.kbps)

    def _look_at_load(self) -> None:
        self.load = self._stage.video_loop.take_load()
        before, encoding = self.overload, self._on_air.encoding
        if encoding is None:
            self._overload, self.overload = OverloadMonitor(), None
            self._settling_looks = _SETTLING_LOOKS
        elif self._settling_looks:
            self._settling_looks -= 1
        else:
            self.overload = self._overload.look(self.load)
            encoding.set_effort(self.overload.effort)
        code, code_before = (one.overload if one else "" for one in (self.overload, before))
        if code and not code_before:
            self._on_notice(Fault(code))
        fps, fps_before = (one.preview_fps if one else FULL_PREVIEW_FPS for one in (self.overload, before))
        if fps != fps_before:
            self._on_preview_fps(fps)

    def _look_at_sound(self) -> None:
        for warning in self._stage.mixer.take_warnings():
            if warning.is_active:
                self._on_notice(Fault(warning.code.value, {"channel": warning.channel}))

    async def _look_at_machine(self) -> None:
        try:
            async with asyncio.timeout(_HEALTH_S):
                self.health = await call_in_daemon_thread(read_health)
        except TimeoutError:
            return  # a sensor that hangs is not waited for
        for fault in self._health_watch.look(self.health):
            self._on_notice(fault)


def _controller(encoding: Encoding) -> AdaptiveBitrate:
    return AdaptiveBitrate(encoding.target_kbps, audio_kbps=encoding.target_audio_kbps)


def _steady(encoding: Encoding) -> BitrateDecision:
    return BitrateDecision(encoding.target_kbps, BitrateState.STEADY, "")
