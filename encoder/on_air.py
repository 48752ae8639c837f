"""What is on air: one encoding, the destinations it is published to, and the recording.

Lives on the event loop's thread. The encoding begins with the first output and ends with the last one; no output knows
of another.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoder.clock import Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.encoding import Encoding, EncodingHooks
from encoder.errors import EngineError
from encoder.outputs.earlier_parts import finish_earlier_parts
from encoder.outputs.part_names import plain_name
from encoder.outputs.publication import Publication, PublicationHooks
from encoder.outputs.recording import Recording
from encoder.outputs.replay import ReplayBuffer
from encoder.outputs.rtmp import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.stage import Stage
from encoder.states import ON_AIR_STATES, Trigger
from gshop_studio.domain.quality import QualitySettings
from gshop_studio.engine_protocol import EngineState, Fault

_log = logging.getLogger(__name__)

MAIN_DESTINATION = "main"
MOST_DESTINATIONS = 3


@dataclass(frozen=True, slots=True)
class OnAirHooks:
    """Who hears what happens. Called on the event loop's thread."""

    on_change: Callable[[], None]
    on_notice: Callable[[Fault], None]


class OnAir:
    """The one encoding and its outputs."""

    def __init__(
        self, stage: Stage, clock: Clock, hooks: OnAirHooks, timings: RtmpTimings, *, gives_up_before_live: bool
    ) -> None:
        self._stage = stage
        self._clock = clock
        self._hooks = hooks
        self._timings = timings
        self._gives_up_before_live = gives_up_before_live
        self.encoding: Encoding | None = None
        self.publications: dict[str, Publication] = {}
        self.recording: Recording | None = None
        self.replay = ReplayBuffer()
        self.beginning = asyncio.Lock()
        """Held while an output begins, and with it perhaps the encoding; by whoever must not meet that, too."""
        self._is_recording_begun = False
        """A recording begins: its file is being created."""
        self._stops = 0
        """How often a stop was asked for: what begins looks whether one came meanwhile."""
        self._is_closing = False
        self._failure: Fault | None = None
        """Why the encoders last failed."""
        self.late_before, self.silent_before = 0, 0
        """The loops' counters when the encoding began."""

    @property
    def main(self) -> Publication | None:
        return self.publications.get(MAIN_DESTINATION)

    @property
    def state(self) -> EngineState:
        """The main destination's."""
        return self.main.state if self.main else EngineState.IDLE

    @property
    def is_publishing(self) -> bool:
        return any(one.state in ON_AIR_STATES for one in self.publications.values())

    @property
    def is_recording(self) -> bool:
        return self.recording is not None and self.recording.is_running

    @property
    def is_encoding(self) -> bool:
        return self.encoding is not None

    # --- destinations ---

    async def publish(
        self, name: str, target: RtmpTarget, key: str, settings: QualitySettings, encoder_id: str
    ) -> None:
        """Begin to publish. How it fares is told by the publication's state.

        Raises:
            EngineError: `engine.busy` (that destination is in use, or there are too many), `encoder.failed`.
        """
        async with self.beginning:
            self._refuse_if_taken(name)
            stops = self._stops
            encoding = await self._open_encoding(settings, encoder_id)
            if stops != self._stops:  # asked to stop while the encoder was being opened
                self._close_encoding_if_unused()
                return
            self._begin(name, target, key, encoding)

    def _refuse_if_taken(self, name: str) -> None:
        running = self.publications.get(name)
        others = [one for one in self.publications if one != name]
        if self._is_closing or (running and running.state in ON_AIR_STATES) or len(others) >= MOST_DESTINATIONS:
            raise EngineError(Fault("engine.busy"))

    def _begin(self, name: str, target: RtmpTarget, key: str, encoding: Encoding) -> None:
        hooks = PublicationHooks(
            on_trigger=lambda trigger, fault: self._on_trigger(name, trigger, fault),
            on_needs_keyframe=encoding.request_keyframe,
        )
        publication = Publication(
            target,
            key,
            lambda: encoding.stream,
            self._clock,
            hooks,
            timings=self._timings,
            gives_up_before_live=self._gives_up_before_live and name == MAIN_DESTINATION,
        )
        self.publications[name] = publication
        encoding.attach(publication)
        publication.start()
        self._hooks.on_change()

    async def unpublish(self, name: str) -> None:
        """End a destination, if there is one; within a second."""
        self._stops += 1
        publication = self.publications.get(name)
        if publication is None:
            return
        stopping = asyncio.ensure_future(publication.stop())
        await asyncio.sleep(0)  # it has begun: whoever waits for the end sees it stopping
        self._hooks.on_change()
        await stopping
        if self.encoding:
            self.encoding.detach(publication)
        if self.publications.get(name) is publication:
            del self.publications[name]
        self._close_encoding_if_unused()
        self._hooks.on_change()

    async def unpublish_all(self) -> None:
        """End every destination, and what was about to become one."""
        self._stops += 1
        await asyncio.gather(*(self.unpublish(name) for name in list(self.publications)))

    def retry_now(self, name: str | None = None) -> None:
        """Skip the wait before the next attempt, of one destination or of all."""
        for one_name, publication in self.publications.items():
            if name is None or name == one_name:
                publication.retry_now()

    def _on_trigger(self, name: str, trigger: Trigger, fault: Fault | None) -> None:
        publication = self.publications.get(name)
        if publication and publication.state is EngineState.FAILED and self.encoding:
            self.encoding.detach(publication)
            self._close_encoding_if_unused()
        if fault and name != MAIN_DESTINATION and trigger is Trigger.GAVE_UP:
            self._hooks.on_notice(fault)
        self._hooks.on_change()

    # --- recording ---

    async def record(self, folder: Path, name: str, settings: QualitySettings, encoder_id: str) -> Path:
        """Begin to record, with or without a broadcast. Returns the file's path.

        Raises:
            EngineError: `engine.busy`, `recording.failed`, `recording.disk_full`, `encoder.failed`.
        """
        async with self.beginning:
            if self._is_closing or self.is_recording:
                raise EngineError(Fault("engine.busy"))
            encoding = await self._open_encoding(settings, encoder_id)
            recording = Recording(folder, name)
            self._is_recording_begun = True
            try:
                path = await recording.start(
                    encoding.stream, on_ended=self._on_recording_ended, on_notice=self._hooks.on_notice
                )
            except BaseException:
                self._is_recording_begun = False
                self._close_encoding_if_unused()
                raise
            self._is_recording_begun = False
            if self.encoding is not encoding:
                await recording.stop()
                raise EngineError(self._failure or Fault("encoder.failed", {"reason": "it ended"}))
            self.recording = recording
            encoding.attach(recording)
        self._finish_earlier_parts(path, name)
        self._hooks.on_change()
        return path

    def _finish_earlier_parts(self, path: Path, name: str) -> None:
        """Those that a killed engine left; nobody waits for it."""
        arguments = (path, plain_name(name))
        threading.Thread(target=finish_earlier_parts, args=arguments, name="earlier-parts", daemon=True).start()

    async def stop_recording(self) -> list[Path]:
        """End the recording and make its files whole. Returns their paths."""
        async with self.beginning:  # one that begins just now is ended, too
            recording = self.recording
        if recording is None:
            return []
        if self.encoding:
            self.encoding.detach(recording)
        paths = await recording.stop()
        self._close_encoding_if_unused()
        self._hooks.on_change()
        return paths

    def _on_recording_ended(self, fault: Fault) -> None:
        """It ended by itself: a full disk, an error. The broadcast goes on."""
        if self.recording and self.encoding:
            self.encoding.detach(self.recording)
        self._hooks.on_notice(fault)
        self._close_encoding_if_unused()
        self._hooks.on_change()

    async def save_replay(self, folder: Path, name: str, seconds: float | None) -> Path:
        """Write the last seconds as a clip.

        Raises:
            EngineError: `replay.empty`, `recording.disk_full`, `recording.failed`.
        """
        if self.encoding is None:
            raise EngineError(Fault("replay.empty"))
        return await self.replay.save(folder, name, self.encoding.stream, seconds)

    async def close(self) -> None:
        """End everything; nothing begins any more."""
        self._is_closing = True
        await self.unpublish_all()
        await self.stop_recording()

    # --- the encoding ---

    async def _open_encoding(self, settings: QualitySettings, encoder_id: str) -> Encoding:
        if self.encoding is None:
            hooks = EncodingHooks(on_failed=self._on_failed, on_notice=self._hooks.on_notice)
            matrix = self._stage.colour_matrix
            loop = asyncio.get_running_loop()
            encoding = await call_in_daemon_thread(Encoding, settings, matrix, hooks, encoder_id, loop)
            await call_in_daemon_thread(self._stage.compositor.use_matrix, matrix)
            encoding.attach(self.replay)
            encoding.start(self._stage.video_loop, self._stage.audio_loop)
            self.encoding = encoding
            self.late_before, self.silent_before = self._lateness()
        return self.encoding

    def _lateness(self) -> tuple[int, int]:
        return self._stage.video_loop.late_ticks, self._stage.audio_loop.silent_samples

    def _close_encoding_if_unused(self) -> None:
        if not (self.is_publishing or self.is_recording or self._is_recording_begun):
            self._close_encoding()

    def _close_encoding(self) -> None:
        if self.encoding:
            encoding, self.encoding = self.encoding, None
            encoding.stop(self._stage.video_loop, self._stage.audio_loop)
            self.replay.clear()

    def _on_failed(self, fault: Fault) -> None:
        """Nothing is fed any more. What begins next opens the encoders anew."""
        self._failure = fault
        for publication in list(self.publications.values()):
            publication.fail(fault)
        recording = self.recording
        if recording and recording.is_running:
            recording.fail(fault)
        self._close_encoding()
