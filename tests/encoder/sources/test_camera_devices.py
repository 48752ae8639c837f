"""Cameras by ids that stay the same, whatever index they have now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import pytest

from encoder.errors import SourceError
from encoder.sources.camera_devices import CameraDevices, find_camera, list_cameras
from tests.encoder.sources.camera_fakes import Info

C920, C270 = (0x046D, 0x0892), (0x046D, 0x0825)


class Linux:
    """`/dev/video*` and the links that udev makes to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.infos: list[Info] = []

    def plug(
        self, index: int, name: str, product: tuple[int, int] | None = None, by_id: str = "", by_path: str = ""
    ) -> None:
        node = self.folder / f"video{index}"
        node.touch()
        vid, pid = product or (None, None)
        self.infos.append(Info(index, name, str(node), vid, pid))
        for kind, link in (("by-id", by_id), ("by-path", by_path)):
            if link:
                (self.folder / kind).mkdir(exist_ok=True)
                (self.folder / kind / link).unlink(missing_ok=True)
                (self.folder / kind / link).symlink_to(node)

    def unplug_all(self) -> None:
        self.infos.clear()
        for kind in ("by-id", "by-path"):
            for link in (self.folder / kind).glob("*"):
                link.unlink()

    @property
    def devices(self) -> CameraDevices:
        return CameraDevices(self._enumerate, self.folder, "linux")

    def _enumerate(self) -> Iterable[Info]:
        return list(self.infos)


@pytest.fixture
def linux(tmp_path: Path) -> Linux:
    return Linux(tmp_path)


def ids(devices: CameraDevices) -> list[str]:
    return [camera.device.id for camera in devices.list()]


def test_the_id_is_udevs_and_the_name_is_a_persons(linux: Linux) -> None:
    linux.plug(0, "HD Pro Webcam C920", C920, "usb-046d_C920_1234-video-index0", "pci-0-usb-0:1:1.0-video-index0")
    (camera,) = linux.devices.list()
    assert camera.device.id == "usb-046d_C920_1234-video-index0"
    assert camera.device.name == "HD Pro Webcam C920"


def test_a_camera_that_comes_back_elsewhere_is_found_by_its_id(linux: Linux) -> None:
    """Case 66."""
    linux.plug(0, "Cam", C920, "usb-cam-video-index0")
    (known,) = ids(linux.devices)
    linux.unplug_all()
    with pytest.raises(SourceError):
        linux.devices.find(known)
    linux.plug(1, "Other", C270, "usb-other-video-index0")
    linux.plug(4, "Cam", C920, "usb-cam-video-index0")
    assert linux.devices.find(known).target == 4


@pytest.mark.parametrize("has_links", [True, False])
def test_twins_are_told_apart(linux: Linux, has_links: bool) -> None:
    """Without serial numbers they share one link by id; which of them it leads to is chance."""
    for index in (0, 2):
        linux.plug(index, "Cam", C270, "usb-cam-video-index0", f"pci-port{index}-video-index0" if has_links else "")
    found = linux.devices.list()
    assert [camera.device.name for camera in found] == ["Cam", "Cam (2)"]
    wanted = ["pci-port0-video-index0", "pci-port2-video-index0"]
    assert ids(linux.devices) == (wanted if has_links else ["046d:0825:Cam", "046d:0825:Cam:2"])
    assert [linux.devices.find(camera.device.id).target for camera in found] == [0, 2]


def test_twins_with_serial_numbers_have_links_of_their_own(linux: Linux) -> None:
    linux.plug(0, "Cam", C270, "usb-cam_A-video-index0")
    linux.plug(2, "Cam", C270, "usb-cam_B-video-index0")
    assert ids(linux.devices) == ["usb-cam_A-video-index0", "usb-cam_B-video-index0"]


def test_the_id_survives_a_twin_that_joins_later(linux: Linux) -> None:
    linux.plug(0, "Cam", C270, "usb-cam-video-index0", "pci-port0-video-index0")
    (before,) = ids(linux.devices)
    linux.plug(2, "Other", C920, "usb-other-video-index0")
    assert linux.devices.find(before).target == 0


def test_old_names_still_work(linux: Linux) -> None:
    linux.plug(0, "Cam", C270, "usb-cam-video-index0", "pci-port0-video-index0")
    linux.plug(3, "Loopback")
    for name in ("Cam", "cam", "usb-cam-video-index0", "pci-port0-video-index0", "046d:0825:Cam", "0", ""):
        assert linux.devices.find(name).target == 0
    for name in ("Loopback", "3"):
        assert linux.devices.find(name).target == 3
    assert ids(linux.devices)[1] == "Loopback"


def test_windows_knows_a_camera_by_its_path_and_lists_it_once() -> None:
    path = r"\\?\usb#vid_046d&pid_0892&mi_00#7&1&0&0000#{65e8773d}\global"
    same = path.replace("{65e8773d}", "{e5323777}")
    infos = [
        Info(0, "Cam", same, *C920, backend=cv2.CAP_MSMF),
        Info(1, "Phone", "virtual-1", backend=cv2.CAP_MSMF),
        Info(0, "Cam", path, *C920, backend=cv2.CAP_DSHOW),
        Info(1, "No path", None, backend=cv2.CAP_DSHOW),
    ]
    devices = CameraDevices(lambda: infos, platform="win32")
    assert ids(devices) == [path, "No path", "virtual-1"]
    assert devices.find(path).backend == cv2.CAP_DSHOW
    assert devices.find("Phone").backend == cv2.CAP_MSMF


def test_a_file_stands_for_a_camera(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").touch()
    address = find_camera(str(tmp_path / "film.mkv"))
    assert not address.is_device


@pytest.mark.parametrize("name", ["", "No Such Camera"])
def test_an_absent_camera_is_not_found(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        CameraDevices(list).find(name)
    assert caught.value.fault.code == "source.not_found"


def test_this_machines_cameras_can_be_listed() -> None:
    """The real library: each camera once, ids all different."""
    found = list_cameras()
    assert len({device.id for device in found}) == len(found)
