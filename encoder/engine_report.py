"""From how things stand in the engine to the status that the studio reads. Lives on the event loop's thread."""

from __future__ import annotations

from dataclasses import replace

from encoder.clock import Clock
from encoder.on_air import MAIN_DESTINATION, OnAir
from encoder.outputs.publication import Publication
from encoder.rate_keeper import RateKeeper
from encoder.sound.settings import EFFECTS
from encoder.stage import MAIN_INPUT, MICROPHONE, Stage
from encoder.statistics import RateMeter, Rates
from gshop_studio.domain.quality import Orientation, Quality, settings_for
from gshop_studio.engine_protocol import (
    ChannelStatus,
    DestinationStatus,
    EngineStatus,
    HealthStatus,
    RecordingStatus,
)


class EngineReport:
    """Collects the numbers; rates are measured once a second."""

    def __init__(self, clock: Clock, stage: Stage, on_air: OnAir, keeper: RateKeeper) -> None:
        self._clock = clock
        self._stage = stage
        self._on_air = on_air
        self._keeper = keeper
        self._rate_meter = RateMeter()
        self._rates = Rates()

    def measure(self) -> None:
        """Take the rates since the last call."""
        main, encoding = self._on_air.main, self._on_air.encoding
        sent = main.sent_bytes if main else 0
        encoded = encoding.encoded_frames if encoding else 0
        self._rates = self._rate_meter.measure(self._clock.now_us(), sent, encoded)

    def status(self, quality: Quality, orientation: Orientation, encoder_id: str) -> EngineStatus:
        """How things stand."""
        settings = settings_for(quality, orientation)
        stage, on_air, keeper = self._stage, self._on_air, self._keeper
        inputs = stage.inputs
        channels = self._channels()
        microphone = channels.get(MICROPHONE, ChannelStatus())
        status = EngineStatus(
            state=on_air.state,
            at_ms=self._clock.now_us() // 1000,
            video_source=inputs.pop(MAIN_INPUT, ""),
            audio_source=microphone.source,
            quality=quality.value,
            orientation=orientation.value,
            width=settings.width,
            height=settings.height,
            cpu_percent=self._rates.cpu_percent,
            is_muted=microphone.is_muted,
            gain_db=microphone.gain_db,
            encoder=on_air.encoding.encoder_id if on_air.encoding else encoder_id,
            lateness_p50_ms=round(keeper.load.lateness_p50_us / 1000, 1) if keeper.load else 0.0,
            lateness_p99_ms=round(keeper.load.lateness_p99_us / 1000, 1) if keeper.load else 0.0,
            overload=keeper.overload.overload if keeper.overload else "",
            scene=stage.compositor.scene.name,
            overlays=stage.compositor.overlays,
            inputs=inputs,
            lost=stage.lost,
            channels=channels,
            recording=self._recording(),
            destinations={name: self._destination(one) for name, one in on_air.publications.items()},
            health=self._health(),
        )
        status = self._with_encoding(status)
        main = on_air.publications.get(MAIN_DESTINATION)
        return self._with_main(status, main) if main else status

    # --- parts ---

    def _with_encoding(self, status: EngineStatus) -> EngineStatus:
        on_air, keeper = self._on_air, self._keeper
        encoding = on_air.encoding
        if encoding is None:
            return status
        stage = self._stage
        return replace(
            status,
            encoded_fps=self._rates.encoded_fps,
            encoded_frames=encoding.encoded_frames,
            late_frames=stage.video_loop.late_ticks - on_air.late_before + encoding.lost_pictures,
            silent_samples=stage.audio_loop.silent_samples - on_air.silent_before,
            video_kbps=keeper.bitrate.kbps or encoding.target_kbps,
            bitrate_state=keeper.bitrate.state.value,
            bitrate_reason=keeper.bitrate.reason,
            effort=keeper.overload.effort if keeper.overload else 0,
        )

    def _with_main(self, status: EngineStatus, main: Publication) -> EngineStatus:
        now_us = self._clock.now_us()
        live_since_us = main.live_since_us
        return replace(
            status,
            fault=main.fault,
            live_s=round((now_us - live_since_us) / 1e6, 3) if live_since_us is not None else 0.0,
            sent_kbps=self._rates.sent_kbps,
            dropped_frames=main.dropped_pictures,
            queued_ms=main.queued_ms,
            congestion=round(main.congestion, 3),
            round_trip_ms=main.round_trip_ms,
            reconnects=main.reconnects,
            retry_in_s=self._retry_in_s(main),
            is_unconfirmed=main.is_unconfirmed,
        )

    def _destination(self, publication: Publication) -> DestinationStatus:
        return DestinationStatus(
            state=publication.state,
            place=publication.place,
            fault=publication.fault,
            is_unconfirmed=publication.is_unconfirmed,
            dropped_frames=publication.dropped_pictures,
            queued_ms=publication.queued_ms,
            reconnects=publication.reconnects,
            retry_in_s=self._retry_in_s(publication),
        )

    def _retry_in_s(self, publication: Publication) -> float | None:
        retry_at_us = publication.retry_at_us
        return round(max(0.0, (retry_at_us - self._clock.now_us()) / 1e6), 1) if retry_at_us is not None else None

    def _channels(self) -> dict[str, ChannelStatus]:
        mixer, sources = self._stage.mixer, self._stage.channel_sources
        warnings: dict[str, list[str]] = {}
        for warning in mixer.active_warnings():
            warnings.setdefault(warning.channel, []).append(warning.code.value)
        statuses = {}
        for name in mixer.channels:
            settings = mixer.settings(name)
            statuses[name] = ChannelStatus(
                source=sources.get(name, ""),
                gain_db=settings.gain_db,
                is_muted=settings.is_muted,
                delay_ms=settings.delay_ms,
                effects={effect: getattr(settings, effect) for effect in EFFECTS},
                warnings=tuple(warnings.get(name, ())),
            )
        return statuses

    def _recording(self) -> RecordingStatus | None:
        return self._on_air.recording.status() if self._on_air.recording else None

    def _health(self) -> HealthStatus | None:
        health = self._keeper.health
        if health is None:
            return None
        return HealthStatus(health.battery_percent, health.is_plugged, health.temperature_c, health.machine_cpu_percent)
