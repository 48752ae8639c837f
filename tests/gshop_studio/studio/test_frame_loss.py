"""What is said of lost pictures."""

from __future__ import annotations

from gshop_studio.engine_protocol import EngineState, EngineStatus
from gshop_studio.studio.frame_loss import FrameLoss, Loss


def status(second: int, *, dropped: int = 0, late: int = 0) -> EngineStatus:
    return EngineStatus(EngineState.LIVE, at_ms=second * 1000, dropped_frames=dropped, late_frames=late)


def test_all_is_well_while_nothing_is_lost() -> None:
    loss = FrameLoss()
    assert {loss.take(status(second)) for second in range(60)} == {Loss.NONE}


def test_a_few_lost_pictures_are_not_worth_a_word() -> None:
    loss = FrameLoss()
    assert [loss.take(status(second, late=second // 2)) for second in range(15)].count(Loss.NONE) == 15


def test_the_reason_is_told_and_forgotten_again() -> None:
    loss = FrameLoss()
    loss.take(status(0))
    assert loss.take(status(1, late=12)) is Loss.COMPUTER
    assert loss.take(status(2, late=12, dropped=30)) is Loss.UPLOAD
    assert loss.take(status(9, late=12, dropped=30)) is Loss.UPLOAD
    assert loss.take(status(13, late=12, dropped=30)) is Loss.NONE


def test_another_broadcast_begins_anew() -> None:
    loss = FrameLoss()
    loss.take(status(0, dropped=500))
    assert loss.take(status(1)) is Loss.NONE
