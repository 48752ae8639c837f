"""One RTMP destination from "go live" until it is over: its queue, its connections, the reconnecting.

Lives on the event loop's thread. Several may exist on one encoding; none knows of another. The encoders run on whatever
happens here: packets find an open queue or are dropped and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random as system_random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from encoder.clock import Clock
from encoder.errors import OutputError
from encoder.outputs.packet_queue import PacketQueue, QueueLimits
from encoder.outputs.reached import Reached
from encoder.outputs.rtmp import RtmpOutput
from encoder.outputs.rtmp_timings import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.packets import MediaPacket, StreamFormat
from encoder.reconnect import PROBE_TIMEOUT_S, RetryPlan, RetryPolicy, setback_of
from encoder.states import Trigger, next_state
from gshop_studio.engine_protocol import EngineState, Fault

_log = logging.getLogger(__name__)

_STOP_S = 0.6
_STEADY_S = 10.0
"""A connection that was live for so long starts the back-off anew."""
_SHORTEST_PROBE_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class PublicationHooks:
    """Who hears of it. Called on the event loop's thread."""

    on_trigger: Callable[[Trigger, Fault | None], None]
    """`ACCEPTED` (live, once media is known to have arrived), `INTERRUPTED` and `GAVE_UP` with their fault."""
    on_needs_keyframe: Callable[[], None]
    """The ingest waits for media: the next picture should be a keyframe."""


class Publication:
    """One destination.

    Attributes:
        live_since_us: When media was first known to have arrived; None before.
        retry_at_us: When the next attempt or probe is due; None while one is under way.
        reconnects: How often it was live again after an interruption.
        fault: Why it is reconnecting, or why it gave up.
    """

    def __init__(
        self,
        target: RtmpTarget,
        key: str,
        stream: StreamFormat | Callable[[], StreamFormat],
        clock: Clock,
        hooks: PublicationHooks,
        *,
        timings: RtmpTimings | None = None,
        limits: QueueLimits | None = None,
        gives_up_before_live: bool = False,
        random: Callable[[], float] = system_random.random,
    ) -> None:
        """`stream` is asked anew for each connection. `gives_up_before_live`: the first failure is the last one,
        unless media had arrived before it."""
        self._target = target
        self._clock = clock
        self._hooks = hooks
        self._gives_up_before_live = gives_up_before_live
        self._policy = RetryPolicy(random)
        self._queue = PacketQueue(limits)
        self._output = RtmpOutput(target, key, stream, self._queue, base_us=clock.now_us(), timings=timings)
        self._retry_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection_live_since_us: int | None = None
        self._state = EngineState.IDLE
        self.live_since_us: int | None = None
        self.retry_at_us: int | None = None
        self.reconnects = 0
        self.fault: Fault | None = None

    # --- numbers ---

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def place(self) -> str:
        """Host and port, never the key."""
        return f"{self._target.host}:{self._target.port}"

    @property
    def is_unconfirmed(self) -> bool:
        """Live, but the peer never says what it took: only the system's TCP says that bytes arrive."""
        return self._state is EngineState.LIVE and self._output.is_unconfirmed

    @property
    def sent_bytes(self) -> int:
        """Handed to the system since the beginning, over all connections."""
        return self._output.sent_bytes

    @property
    def acknowledged_bytes(self) -> int:
        """Of them, acknowledged by the peers' TCP (where that is unknown: taken by our kernel)."""
        return self._output.acknowledged_bytes

    @property
    def round_trip_ms(self) -> float | None:
        return self._output.round_trip_ms

    @property
    def dropped_pictures(self) -> int:
        """Encoded pictures that were not sent since media was first taken."""
        return self._queue.dropped_pictures

    @property
    def dropped_sounds(self) -> int:
        """Encoded blocks of sound that were not sent: at the ends of connections and in outages, never by policy."""
        return self._queue.dropped_sounds

    @property
    def queued_ms(self) -> float:
        """Media time that waits to be sent."""
        return self._queue.queued_ms

    @property
    def queued_bytes(self) -> int:
        return self._queue.queued_bytes

    @property
    def congestion(self) -> float:
        """Queued time over the limit at which pictures are dropped, 0 to 1."""
        return self._queue.congestion

    # --- steering ---

    def start(self) -> None:
        """Connect, and publish from then on."""
        self._advance(Trigger.GO_LIVE)
        self._task = asyncio.create_task(self._run(), name="publication")
        self._task.add_done_callback(self._on_done)

    def offer(self, packet: MediaPacket) -> None:
        """Take a packet, or drop it by policy and count it."""
        self._queue.offer(packet)

    def retry_now(self) -> None:
        """Skip the wait before the next attempt."""
        self._retry_now.set()

    async def stop(self) -> None:
        """Unpublish and end, within a second, from any state."""
        task = self._task
        if task is None:
            return
        self._advance(Trigger.STOP)
        self._output.finish()
        if self._output.reached >= Reached.ACCEPTED and self.retry_at_us is None:
            await asyncio.wait([task], timeout=_STOP_S)
        task.cancel()
        await asyncio.wait([task])
        self._output.close()
        self.retry_at_us = None
        self.fault = None
        self._advance(Trigger.STOPPED)

    def fail(self, fault: Fault) -> None:
        """The encoders have failed: there is nothing to send any more."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            self._report(Trigger.GAVE_UP, fault)

    # --- one attempt after another ---

    async def _run(self) -> None:
        dialled: socket.socket | None = None
        while True:
            self._connection_live_since_us = None
            self.retry_at_us = None
            try:
                await self._output.publish(self._on_accepted, self._on_live, dialled=dialled)
                return
            except OutputError as error:
                fault = error.fault
                if not self._is_worth_another_try(error):
                    _log.warning("gave up: %s", fault.code)
                    self._report(Trigger.GAVE_UP, fault)
                    return
            dialled = await self._await_next_attempt(fault)

    async def _await_next_attempt(self, fault: Fault) -> socket.socket | None:
        """Returns when it is time, with an open socket if a probe was answered."""
        live_since_us = self._connection_live_since_us
        if live_since_us is not None and self._clock.now_us() - live_since_us > _STEADY_S * 1e6:
            self._policy.forget()
        setback = setback_of(fault, self._output.reached)
        plan = self._policy.plan(setback)
        self._retry_now.clear()
        self._plan_retry(plan.pause_s)
        _log.warning("%s (%s); next look in %.1f s", fault.code, setback.value, plan.pause_s)
        self._report(Trigger.INTERRUPTED, fault)
        return await self._follow(plan)

    async def _follow(self, plan: RetryPlan) -> socket.socket | None:
        is_asked = await self._was_asked_within(plan.pause_s)
        while plan.probes and not is_asked:
            began_s = time.monotonic()
            if dialled := await self._probe():
                return dialled
            pause_s = began_s + self._policy.probe_interval_s() - time.monotonic()
            pause_s = max(_SHORTEST_PROBE_PAUSE_S, pause_s)
            self._plan_retry(pause_s)
            is_asked = await self._was_asked_within(pause_s)
        return None

    async def _probe(self) -> socket.socket | None:
        """An open socket if the peer answers; None if it does not, or if an attempt was asked for meanwhile."""
        dialling = asyncio.ensure_future(self._output.dial(PROBE_TIMEOUT_S))
        asked = asyncio.ensure_future(self._retry_now.wait())
        try:
            await asyncio.wait([dialling, asked], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if dialling.done() and not dialling.cancelled() and dialling.exception() is None:
                dialling.result().close()
            raise
        finally:
            asked.cancel()
            if not dialling.done():
                dialling.cancel()
                await asyncio.wait([dialling])
        if dialling.cancelled() or isinstance(dialling.exception(), OutputError):
            return None
        return dialling.result()

    async def _was_asked_within(self, pause_s: float) -> bool:
        """Whether `retry_now` was called; else returns after the pause."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._retry_now.wait()
        return self._retry_now.is_set()

    def _plan_retry(self, pause_s: float) -> None:
        self.retry_at_us = self._clock.now_us() + round(pause_s * 1e6)

    # --- what the connection tells ---

    def _on_accepted(self) -> None:
        self._hooks.on_needs_keyframe()

    def _on_live(self, is_confirmed: bool) -> None:
        _log.info("on air at %s%s", self.place, "" if is_confirmed else ", by TCP's word only")
        if self._connection_live_since_us is not None:
            return  # the peer has confirmed what TCP had said
        now_us = self._clock.now_us()
        self._connection_live_since_us = now_us
        if self.live_since_us is None:
            self.live_since_us = now_us
        else:
            self.reconnects += 1
        self._report(Trigger.ACCEPTED, None)

    def _is_worth_another_try(self, error: OutputError) -> bool:
        if self.live_since_us is None:
            return not (error.is_final or self._gives_up_before_live)
        # A certificate that was good before is somebody in between, for now.
        return not error.is_final or error.fault.code == "ingest.certificate"

    def _report(self, trigger: Trigger, fault: Fault | None) -> None:
        self.fault = fault
        self._advance(trigger)
        self._hooks.on_trigger(trigger, fault)

    def _advance(self, trigger: Trigger) -> None:
        self._state = next_state(self._state, trigger) or self._state

    def _on_done(self, task: asyncio.Task[None]) -> None:
        """A bug must not leave the publication looking alive."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the publication broke", exc_info=error)
            self._report(Trigger.GAVE_UP, Fault("encoder.failed", {"reason": type(error).__name__}))
