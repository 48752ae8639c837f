"""Faults of libraries that we pin around; each of these failed once."""

import sys

from PySide6.QtCore import QElapsedTimer


def test_qt_calls_leave_the_reference_count_of_none_alone() -> None:
    """PySide6 6.12.0 on Python 3.11 took one reference to None with each call, until the process died."""
    timer = QElapsedTimer()
    before = sys.getrefcount(None)
    for _ in range(1000):
        timer.start()
        timer.invalidate()
    assert abs(sys.getrefcount(None) - before) < 500
