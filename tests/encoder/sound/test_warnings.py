"""Clipping and silence are told when they begin and when they end, once each."""

from __future__ import annotations

from encoder.sound.warnings import ClippingWatch, SilenceWatch

_BLOCK = 1024
_SECOND = 48000


def test_a_few_full_scale_samples_within_a_second_are_clipping() -> None:
    watch = ClippingWatch()
    assert not watch.add(0, 1)
    assert not watch.add(_SECOND, 1), "one a second is nobody's business"
    assert not watch.add(_SECOND + _BLOCK, 1)
    assert watch.add(_SECOND + 2 * _BLOCK, 1)
    assert watch.is_active
    assert not watch.add(_SECOND + 3 * _BLOCK, 50), "said once while it lasts"


def test_clipping_ends_two_seconds_after_the_last_of_it() -> None:
    watch = ClippingWatch()
    assert watch.add(0, 10)
    changes = [position for position in range(_BLOCK, 4 * _SECOND, _BLOCK) if watch.add(position, 0)]
    assert len(changes) == 1
    assert 2 * _SECOND <= changes[0] < 2 * _SECOND + _BLOCK
    assert not watch.is_active
    assert watch.add(5 * _SECOND, 3), "and begins again"


def test_ten_seconds_below_minus_60_are_silence() -> None:
    watch = SilenceWatch()
    quiet, loud = 10 ** (-61 / 10), 10 ** (-59 / 10)
    begun = [at for at in range(0, 12 * _SECOND, _BLOCK) if watch.add(_BLOCK, quiet)]
    assert len(begun) == 1
    assert 10 * _SECOND - _BLOCK <= begun[0] <= 10 * _SECOND
    assert watch.is_active
    assert watch.add(_BLOCK, loud), "it ends by itself"
    assert not watch.is_active


def test_a_muted_microphone_may_be_silent() -> None:
    watch = SilenceWatch()
    for _ in range(11 * _SECOND // _BLOCK):
        assert not watch.add(_BLOCK, 0.0, is_watched=False)
    for _ in range(11 * _SECOND // _BLOCK):
        watch.add(_BLOCK, 0.0)
    assert watch.is_active
    assert watch.add(_BLOCK, 0.0, is_watched=False), "muting ends the warning"
