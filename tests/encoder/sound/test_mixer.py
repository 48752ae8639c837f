"""The mixer: every channel in its place whatever comes on or goes, no clicks, nothing lost uncounted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoder.errors import EngineError
from encoder.sound.limiter import LOOK_AHEAD_SAMPLES
from encoder.sound.mixer import CHANNEL_LIMIT, MEDIA, MICROPHONE, Mixer
from encoder.sound.settings import ChannelSettings
from encoder.sound.warnings import SoundWarning, SoundWarningCode
from encoder.sources.source import READ_AHEAD_SAMPLES, AudioSource, Samples
from gshop_studio.engine_protocol import Fault
from tests.encoder.sound.sources import PERIOD_SAMPLES, ConstantSource, NoiseSource, NumberedSource, numbered

_BLOCK = 1024
_LATE = 6240
"""As a microphone is."""
_BEGIN = 48000 * 1_700_000_000
_STEP = 0.1 * 4 / PERIOD_SAMPLES
"""How far a `NumberedSource` moves from one sample to the next."""


class _Loop:
    """What the audio loop does, on a clock that moves by itself and tells the sources the time."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.now = _BEGIN
        self.position = _BEGIN - mixer.delay_samples
        self.heard: list[Samples] = []
        self.silent_samples = 0
        self.waits: list[int] = []

    def run(self, blocks: int) -> Samples:
        """The next blocks."""
        heard = [self._block() for _ in range(blocks)]
        self.heard += heard
        return np.concatenate(heard, axis=1)

    def all(self) -> Samples:
        return np.concatenate(self.heard, axis=1)

    def _block(self) -> Samples:
        due = self.position + _BLOCK + self.mixer.delay_samples
        self.waits.append(due - self.now)
        self.now = max(self.now, due)
        for channel in self.mixer.channels:
            source = self.mixer.source(channel)
            if isinstance(source, NumberedSource):
                source.now = self.now
        block = self.mixer.read_if_due(self.position, _BLOCK, self.now)
        assert block is not None
        self.position += _BLOCK
        self.silent_samples += block.silent_samples
        return block.samples


def _steps(samples: Samples) -> float:
    """The largest step from one sample to the next: a click is a large one."""
    return float(np.abs(np.diff(samples, axis=1)).max())


def test_one_channel_is_passed_through_untouched() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    loop = _Loop(mixer)
    np.testing.assert_array_equal(loop.run(30), numbered(_BEGIN - _LATE - LOOK_AHEAD_SAMPLES, 30 * _BLOCK))
    assert mixer.delay_samples == _LATE + LOOK_AHEAD_SAMPLES
    assert loop.silent_samples == 0


def test_an_empty_mixer_is_silent_and_early() -> None:
    mixer = Mixer()
    assert mixer.delay_samples == LOOK_AHEAD_SAMPLES - READ_AHEAD_SAMPLES
    assert not _Loop(mixer).run(3).any()


def test_channels_of_different_lateness_are_summed_in_their_places() -> None:
    mixer = Mixer()
    early, late = NumberedSource(), NumberedSource(_LATE)
    mixer.use(MEDIA, early)
    mixer.use(MICROPHONE, late)
    loop = _Loop(mixer)
    begin = loop.position
    np.testing.assert_allclose(loop.run(20), 2 * numbered(begin, 20 * _BLOCK), atol=1e-6)
    assert late.asked_early == 0


def test_a_slow_channel_comes_on_and_goes_without_touching_the_others() -> None:
    mixer = Mixer()
    media = NumberedSource()
    mixer.use(MEDIA, media)
    loop = _Loop(mixer)
    begin = loop.position
    loop.run(20)
    microphone = ConstantSource(0.25, _LATE)
    mixer.use(MICROPHONE, microphone)
    loop.run(20)
    assert max(loop.waits[20:]) > _LATE, "mixing waits for the slowest"
    assert mixer.use(MICROPHONE, None) is microphone
    loop.run(60)
    microphone_alone = loop.all() - numbered(begin, 100 * _BLOCK)
    assert _steps(microphone_alone) < 0.25 / 400, "it fades in and out, and nothing else is heard of it"
    np.testing.assert_allclose(microphone_alone[:, 22 * _BLOCK : 40 * _BLOCK], 0.25, atol=1e-6)
    np.testing.assert_allclose(microphone_alone[:, 42 * _BLOCK :], 0, atol=1e-6)
    ends = [position + count for position, count in media.reads]
    assert [position for position, _ in media.reads[1:]] == ends[:-1], "no sample skipped or asked for twice"
    assert mixer.delay_samples == LOOK_AHEAD_SAMPLES - READ_AHEAD_SAMPLES
    assert media.asked_early == 0
    catching_up = [wait for wait in loop.waits[42:] if wait < _BLOCK]
    assert catching_up
    assert min(catching_up) >= _BLOCK * 3 // 4, "it catches up a quarter faster than time, not in one burst"


def test_a_source_that_comes_on_between_the_wait_and_the_read_is_waited_for() -> None:
    mixer = Mixer()
    mixer.use(MEDIA, NumberedSource())
    now = _BEGIN + _BLOCK + mixer.delay_samples
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    assert mixer.read_if_due(_BEGIN, _BLOCK, now) is None
    assert mixer.read_if_due(_BEGIN, _BLOCK, now + _LATE + READ_AHEAD_SAMPLES) is not None


def test_switching_a_source_is_a_short_fade() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, ConstantSource(0.5))
    loop = _Loop(mixer)
    loop.run(5)
    mixer.use(MICROPHONE, ConstantSource(-0.5))
    loop.run(5)
    assert _steps(loop.all()) < 1.0 / 400
    assert loop.all()[0, -1] == -0.5


_CHANGES: dict[str, Callable[[ChannelSettings], ChannelSettings]] = {
    "gain": lambda before: dataclasses.replace(before, gain_db=-12.0),
    "mute": lambda before: dataclasses.replace(before, is_muted=True),
    "delay": lambda before: dataclasses.replace(before, delay_ms=5.0),
    "long delay": lambda before: dataclasses.replace(before, delay_ms=1000.0),
    "limiter": lambda before: dataclasses.replace(before, limiter=True),
    "gate": lambda before: dataclasses.replace(before, gate=True, gate_threshold_db=-80),
    "noise suppression": lambda before: dataclasses.replace(before, noise_suppression=True),
}


@pytest.mark.parametrize("name", _CHANGES)
def test_changes_on_air_do_not_click(name: str) -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    loop = _Loop(mixer)
    loop.run(60)
    mixer.configure(MICROPHONE, _CHANGES[name](ChannelSettings()))
    loop.run(60)
    mixer.configure(MICROPHONE, ChannelSettings())
    loop.run(60)
    assert _steps(loop.all()) < 2 * _STEP + 0.2 / 400
    np.testing.assert_array_equal(loop.heard[-1], numbered(loop.position - _BLOCK, _BLOCK))
    assert loop.silent_samples == 0
    assert _asked_early(mixer) == 0


def _asked_early(mixer: Mixer) -> int:
    source = mixer.source(MICROPHONE)
    assert isinstance(source, NumberedSource)
    return source.asked_early


@pytest.mark.parametrize("effect", ["noise_suppression", "gate", "compressor", "limiter"])
def test_effects_move_nothing_in_time(effect: str) -> None:
    mixer = Mixer()
    source = NoiseSource(0.1, _LATE)
    mixer.use(MICROPHONE, source)
    loop = _Loop(mixer)
    loop.run(40)
    mixer.configure(MICROPHONE, ChannelSettings(**{effect: True}))
    loop.run(100)
    begin = loop.position - 100 * _BLOCK
    heard, expected = loop.all()[0, -80 * _BLOCK :], source.read(begin + 20 * _BLOCK, 80 * _BLOCK).samples[0]
    spectrum = np.fft.rfft(heard) * np.conj(np.fft.rfft(expected))
    assert int(np.argmax(np.fft.irfft(spectrum))) == 0


def test_delay_makes_sound_later() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    mixer.configure(MICROPHONE, ChannelSettings(delay_ms=250))
    loop = _Loop(mixer)
    loop.run(20)
    np.testing.assert_array_equal(loop.run(5), numbered(loop.position - 5 * _BLOCK - 12000, 5 * _BLOCK))


def test_the_sum_never_passes_full_scale() -> None:
    mixer = Mixer(("one", "two", "three"))
    for name in mixer.channels:
        mixer.use(name, NoiseSource(0.6, seed=len(name)))
    loop = _Loop(mixer)
    assert np.abs(loop.run(40)).max() <= 1.0
    assert SoundWarning(SoundWarningCode.CLIPPING, "master", True) in mixer.take_warnings()


def test_silence_put_in_is_counted_by_channel() -> None:
    mixer = Mixer()
    media, microphone = NumberedSource(), NumberedSource(_LATE)
    mixer.use(MEDIA, media)
    mixer.use(MICROPHONE, microphone)
    loop = _Loop(mixer)
    loop.run(5)
    microphone.missing_samples, media.missing_samples = 3000, 10
    loop.run(5)
    assert mixer.silent_samples() == {MICROPHONE: 3000, MEDIA: 10}
    assert loop.silent_samples == 3010


def test_a_lost_source_is_told_once_and_silence_stands_in() -> None:
    lost: list[tuple[str, Fault]] = []
    mixer = Mixer(on_channel_lost=lambda channel, fault: lost.append((channel, fault)))
    source = NumberedSource(_LATE)
    mixer.use(MICROPHONE, source)
    loop = _Loop(mixer)
    loop.run(5)
    source.fault = Fault("source.lost", {"source": "x"})
    loop.run(5)
    assert lost == [(MICROPHONE, source.fault)]
    assert mixer.silent_samples()[MICROPHONE] == loop.silent_samples == 5 * _BLOCK
    assert not loop.heard[-1].any()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    assert loop.run(5)[:, -_BLOCK:].any(), "the next one is heard"
    assert len(lost) == 1


def test_what_is_no_number_never_reaches_the_encoder() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, ConstantSource(float("nan"), _LATE))
    mixer.configure(MICROPHONE, ChannelSettings(noise_suppression=True))
    loop = _Loop(mixer)
    assert not loop.run(5).any()
    assert loop.silent_samples > 0
    mixer.use(MICROPHONE, ConstantSource(0.1, _LATE))
    assert np.isfinite(loop.run(20)).all()


def test_the_meters_tell_each_channel_after_its_gain_and_the_sum() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, ConstantSource(0.5))
    mixer.use(MEDIA, ConstantSource(0.25))
    mixer.configure(MEDIA, ChannelSettings(gain_db=-6.0206))
    loop = _Loop(mixer)
    loop.run(4)
    assert mixer.take_meters().master.peak_dbfs[0] == -120, "not measured unless it is wanted"
    mixer.wants_meters = True
    loop.run(4)
    levels = mixer.take_meters()
    assert levels.channels[MICROPHONE].peak_dbfs[0] == pytest.approx(-6.02, abs=0.01)
    assert levels.channels[MEDIA].rms_dbfs[1] == pytest.approx(-18.06, abs=0.01)
    assert levels.master.rms_dbfs[0] == pytest.approx(-4.08, abs=0.01)
    wire = levels.to_wire()
    assert wire["peak_dbfs"] == levels.master.peak_dbfs
    assert wire["channels"][MEDIA]["peak_dbfs"] == levels.channels[MEDIA].peak_dbfs
    mixer.configure(MICROPHONE, ChannelSettings(is_muted=True))
    loop.run(4)
    mixer.take_meters()
    loop.run(4)
    assert mixer.take_meters().channels[MICROPHONE].peak_dbfs[0] == -120


def test_a_silent_microphone_is_warned_of_until_it_is_heard() -> None:
    mixer = Mixer()
    source = ConstantSource(0.0, _LATE)
    mixer.use(MICROPHONE, source)
    mixer.use(MEDIA, ConstantSource(0.0))
    loop = _Loop(mixer)
    loop.run(480)
    assert mixer.take_warnings() == [SoundWarning(SoundWarningCode.SILENT, MICROPHONE, True)]
    assert mixer.active_warnings() == [SoundWarning(SoundWarningCode.SILENT, MICROPHONE, True)]
    assert mixer.active_warnings()[0].fault == Fault("audio.silent", {"channel": MICROPHONE})
    loop.run(480)
    assert mixer.take_warnings() == []
    source.value = 0.01
    loop.run(2)
    assert mixer.take_warnings() == [SoundWarning(SoundWarningCode.SILENT, MICROPHONE, False)]


def test_a_microphone_at_its_end_is_warned_of() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NoiseSource(0.5, _LATE))
    mixer.configure(MICROPHONE, ChannelSettings(gain_db=-20))
    loop = _Loop(mixer)
    loop.run(50)
    assert mixer.take_warnings() == [SoundWarning(SoundWarningCode.CLIPPING, MICROPHONE, True)]
    mixer.use(MICROPHONE, ConstantSource(0.5, _LATE))
    loop.run(110)
    assert mixer.take_warnings() == [SoundWarning(SoundWarningCode.CLIPPING, MICROPHONE, False)]


def test_a_jump_of_the_loop_begins_anew() -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    mixer.configure(MICROPHONE, ChannelSettings(limiter=True))
    loop = _Loop(mixer)
    loop.run(5)
    loop.position += 100 * _BLOCK
    np.testing.assert_allclose(loop.run(5)[:, _BLOCK:], numbered(loop.position - 4 * _BLOCK, 4 * _BLOCK), atol=1e-5)


def test_channels_are_limited_in_number() -> None:
    mixer = Mixer()
    for index in range(CHANNEL_LIMIT - 2):
        mixer.use(f"extra {index}", ConstantSource(0.0))
    with pytest.raises(EngineError, match=r"engine\.bad_request"):
        mixer.configure("one too many", ChannelSettings())
    with pytest.raises(EngineError):
        Mixer().use("master", None)


def test_a_removed_channel_gives_its_name_back() -> None:
    """Eight names were all that an engine knew in its life."""
    mixer = Mixer()
    loop = _Loop(mixer)
    for index in range(3 * CHANNEL_LIMIT):
        mixer.configure(f"clip {index}", ChannelSettings(gain_db=-6))
        assert mixer.use(f"clip {index}", ConstantSource(0.0)) is None
        loop.run(2)
        assert set(mixer.channels) == {MICROPHONE, MEDIA, f"clip {index}"}
        assert isinstance(mixer.remove(f"clip {index}"), ConstantSource)
        assert set(mixer.channels) == {MICROPHONE, MEDIA}
    assert mixer.remove("clip 0") is None
    assert mixer.settings("clip 0") == ChannelSettings()
    mixer.configure(MEDIA, ChannelSettings(gain_db=-6))
    mixer.remove(MEDIA)
    assert mixer.settings(MEDIA).gain_db == -6, "that one is always there"


@pytest.mark.parametrize("effects", [ChannelSettings(), ChannelSettings(limiter=True, delay_ms=100)])
def test_a_removed_channel_fades_and_the_others_keep_their_places(effects: ChannelSettings) -> None:
    mixer = Mixer()
    mixer.use(MICROPHONE, NumberedSource(_LATE))
    loop = _Loop(mixer)
    loop.run(20)
    for _ in range(3):
        mixer.configure("music", effects)
        mixer.use("music", ConstantSource(0.25))
        loop.run(20)
        assert abs(loop.heard[-1] - numbered(loop.position - _BLOCK, _BLOCK)).min() > 0.2, "it is heard"
        mixer.remove("music")
        loop.run(20)
        np.testing.assert_array_equal(loop.heard[-1], numbered(loop.position - _BLOCK, _BLOCK))
    assert _steps(loop.all()) < _STEP + 0.25 / 400, "no click"
    assert loop.silent_samples == 0 and _asked_early(mixer) == 0


def test_a_name_that_is_used_again_at_once_is_another_channel() -> None:
    mixer = Mixer()
    mixer.use("clip", ConstantSource(0.5))
    loop = _Loop(mixer)
    loop.run(5)
    mixer.configure("clip", ChannelSettings(is_muted=True))
    loop.run(5)
    mixer.remove("clip")
    mixer.use("clip", ConstantSource(-0.5))
    loop.run(5)
    assert loop.all()[0, -1] == -0.5, "not muted any more"
    assert _steps(loop.all()) < 1.0 / 400


def test_a_channel_that_is_removed_while_it_clips_is_warned_of_no_more() -> None:
    mixer = Mixer()
    mixer.use("second", NoiseSource(0.5, _LATE))
    mixer.configure("second", ChannelSettings(gain_db=-20))
    _Loop(mixer).run(50)
    assert [warning.channel for warning in mixer.active_warnings()] == ["second"]
    mixer.remove("second")
    assert mixer.active_warnings() == []
    assert mixer.take_warnings() == [
        SoundWarning(SoundWarningCode.CLIPPING, "second", True),
        SoundWarning(SoundWarningCode.CLIPPING, "second", False),
    ]


_OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["late", "later", "early", "off", "delay", "effects", "plain", "gain"]), st.integers(1, 12)
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(_OPERATIONS)
def test_whatever_one_channel_does_the_other_keeps_its_place(operations: list[tuple[str, int]]) -> None:
    mixer = Mixer()
    media = NumberedSource()
    mixer.use(MEDIA, media)
    loop = _Loop(mixer)
    begin = loop.position
    sources: dict[str, Callable[[], AudioSource | None]] = {
        "late": lambda: NumberedSource(_LATE, 0.0),
        "later": lambda: NumberedSource(2 * _LATE, 0.0),
        "early": lambda: NumberedSource(scale=0.0),
        "off": lambda: None,
    }
    changes = {
        "delay": ChannelSettings(delay_ms=333),
        "effects": ChannelSettings(limiter=True, compressor=True),
        "plain": ChannelSettings(),
        "gain": ChannelSettings(gain_db=6),
    }
    used: list[AudioSource] = []
    for name, blocks in operations:
        if name in sources:
            replaced = mixer.use(MICROPHONE, sources[name]())
            if replaced is not None:
                used.append(replaced)
                replaced.close()
        else:
            mixer.configure(MICROPHONE, changes[name])
        loop.run(blocks)
    loop.run(1)
    np.testing.assert_allclose(loop.all(), numbered(begin, loop.all().shape[1]), atol=1e-6)
    assert loop.silent_samples == 0
    assert all(source.asked_early == 0 for source in [*used, media] if isinstance(source, NumberedSource))
