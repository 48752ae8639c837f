"""Hot-plug: what is plugged in or out is noticed, cheaply, without disturbing what is open."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable
from pathlib import Path

import pytest

from encoder.errors import SourceError
from encoder.sources.device_watch import DeviceWatch, device_nodes, watch_devices
from gshop_studio.engine_protocol import Device, Fault
from tests.support.processes import wait_until

CAM, PHONE, MIC, HEADSET = (Device(name, name) for name in ("cam", "phone", "mic", "headset"))


class Machine:
    """What is plugged in, and how often it was asked for."""

    def __init__(self) -> None:
        self.cameras, self.microphones = [CAM], [MIC]
        self.nodes: Hashable = 0
        self.camera_lists = self.microphone_lists = 0
        self.is_microphone_open = False
        self.heard: list[tuple[list[Device], list[Device]]] = []

    def list_cameras(self) -> list[Device]:
        self.camera_lists += 1
        return list(self.cameras)

    def list_microphones(self) -> list[Device]:
        self.microphone_lists += 1
        return list(self.microphones)

    def watch(self, *, has_nodes: bool = True, period_s: float = 2.0) -> DeviceWatch:
        return DeviceWatch(
            lambda cameras, microphones: self.heard.append((cameras, microphones)),
            self.list_cameras,
            self.list_microphones,
            nodes=(lambda: self.nodes) if has_nodes else None,
            sees_new_microphones=lambda: not self.is_microphone_open,
            period_s=period_s,
        )


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_what_is_plugged_in_and_out_is_told_once(machine: Machine) -> None:
    watch = machine.watch()
    watch.look()
    assert machine.heard == [], "the first look is what changes are measured by"
    machine.cameras, machine.nodes = [CAM, PHONE], 1
    watch.look()
    watch.look()
    assert machine.heard == [([CAM, PHONE], [MIC])]
    machine.microphones, machine.nodes = [], 2
    watch.look()
    assert machine.heard[1:] == [([CAM, PHONE], [])]


def test_nothing_is_listed_while_nothing_changes(machine: Machine) -> None:
    watch = machine.watch()
    for _ in range(10):
        watch.look()
    assert (machine.camera_lists, machine.microphone_lists) == (1, 1)


def test_other_nodes_with_the_same_devices_are_no_news(machine: Machine) -> None:
    watch = machine.watch()
    for machine.nodes in range(5):
        watch.look()
    assert machine.camera_lists == 5 and machine.heard == []


def test_an_open_microphone_is_not_disturbed_and_new_ones_are_told_later(machine: Machine) -> None:
    watch = machine.watch()
    watch.look()
    machine.is_microphone_open = True
    machine.microphones, machine.cameras, machine.nodes = [MIC, HEADSET], [], 1
    watch.look()
    watch.look()
    assert machine.heard == [([], [MIC])] and machine.microphone_lists == 1
    machine.is_microphone_open = False
    watch.look()
    assert machine.heard[1:] == [([], [MIC, HEADSET])]


def test_without_nodes_cameras_are_listed_each_time_and_microphones_rarely(machine: Machine) -> None:
    watch = machine.watch(has_nodes=False)
    for _ in range(11):
        watch.look()
    assert (machine.camera_lists, machine.microphone_lists) == (11, 3)
    machine.cameras = []
    watch.look()
    assert machine.heard == [([], [MIC])]


def test_the_thread_looks_until_it_is_stopped(machine: Machine) -> None:
    watch = machine.watch(period_s=0.01)
    watch.start()
    wait_until(lambda: machine.camera_lists == 1)
    machine.cameras, machine.nodes = [PHONE], 1
    wait_until(lambda: machine.heard == [([PHONE], [MIC])])
    watch.stop()
    wait_until(lambda: "watch-devices" not in {thread.name for thread in threading.enumerate()})


def test_a_look_that_fails_is_not_the_last(machine: Machine) -> None:
    fails = True

    def list_cameras() -> list[Device]:
        if fails:
            raise SourceError(Fault("source.unreadable"))
        return machine.list_cameras()

    watch = DeviceWatch(lambda *_: None, list_cameras, machine.list_microphones, nodes=None, period_s=0.01)
    watch.start()
    fails = False
    wait_until(lambda: machine.camera_lists > 1)
    watch.stop()


def test_stopping_does_not_wait_for_a_driver_that_hangs(machine: Machine) -> None:
    is_hanging, may_go_on = threading.Event(), threading.Event()

    def list_cameras() -> list[Device]:
        is_hanging.set()
        may_go_on.wait(30)
        return [PHONE]

    watch = DeviceWatch(lambda *_: None, list_cameras, machine.list_microphones, nodes=None, period_s=0.01)
    watch.start()
    assert is_hanging.wait(10)
    watch.stop()
    may_go_on.set()
    wait_until(lambda: "watch-devices" not in {thread.name for thread in threading.enumerate()})


def test_nodes_differ_when_a_device_comes_goes_or_gets_other_rights(tmp_path: Path) -> None:
    dev, by_id = tmp_path / "dev", tmp_path / "dev" / "by-id"
    by_id.mkdir(parents=True)
    folders = (dev, by_id, tmp_path / "missing")
    seen = [device_nodes(folders)]
    (dev / "sda").touch()
    assert device_nodes(folders) == seen[-1], "a disk is no camera"
    (dev / "video0").touch()
    seen.append(device_nodes(folders))
    (by_id / "usb-cam").symlink_to(dev / "video0")
    seen.append(device_nodes(folders))
    before = (dev / "video0").stat().st_ctime_ns

    def got_other_rights() -> bool:
        os.chmod(dev / "video0", 0o600)
        return (dev / "video0").stat().st_ctime_ns != before

    wait_until(got_other_rights)
    seen.append(device_nodes(folders))
    (by_id / "usb-cam").unlink()
    seen.append(device_nodes(folders))
    assert len(set(seen)) == len(seen)


def test_this_machines_devices_can_be_watched() -> None:
    watch = watch_devices(lambda *_: None)
    watch.look()
    watch.look()
