"""Encoders are found by opening them, in a process that may crash or hang. There is no such hardware in the tests."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import av
import pytest

from encoder.encoders import catalogue
from encoder.encoders.catalogue import LABELS, EncoderInfo, available_encoders, candidates
from encoder.encoders.codec_context import options_of
from encoder.encoders.encoder_settings import SOFTWARE_ENCODER, EncoderSettings
from encoder.encoders.probe import does_work, probe
from encoder.sources.source import ColourMatrix
from tests.encoder.encoders.pictures import HardwareStandIn

X264 = EncoderInfo("libx264", "x264", False)
SCRIPT = """
import os, sys, time
for name in sys.argv[1:]:
    print("trying", name, flush=True)
    if name == "crashes": os.abort()
    if name == "hangs": time.sleep(600)
    print("working" if name.startswith("good") else "failing", name, flush=True)
"""


def fake_child(encoder_ids: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", SCRIPT, *encoder_ids]


def test_x264_is_always_there_and_first() -> None:
    encoders = available_encoders()
    assert encoders[0] == X264
    assert all(encoder.is_hardware and encoder.label for encoder in encoders[1:])


def test_a_driver_that_crashes_or_hangs_costs_only_itself() -> None:
    found = available_encoders(
        ["good1", "crashes", "good2", "hangs", "bad", "good3"], command=fake_child, timeout_s=2.0
    )
    assert [encoder.id for encoder in found] == ["libx264", "good1", "good2", "good3"]


def test_a_child_that_cannot_start_leaves_x264() -> None:
    assert available_encoders(["good"], command=lambda ids: ["/no/such/program"]) == [X264]
    assert available_encoders(["good"], command=lambda ids: [sys.executable, "-c", "raise SystemExit(3)"]) == [X264]


def test_only_what_the_libraries_have_is_tried() -> None:
    assert set(candidates()) <= av.codecs_available
    assert "h264_videotoolbox" not in candidates("linux")
    assert candidates("plan9") == []


def test_an_encoder_works_when_a_keyframe_with_its_configuration_comes_out() -> None:
    assert does_work(SOFTWARE_ENCODER)
    assert does_work("h264_test", HardwareStandIn(100, "", has_extradata=False))
    assert not does_work("h264_test", HardwareStandIn(0, "raise"))
    assert not does_work("h264_test", HardwareStandIn(0, "nothing"))
    assert not does_work("no such encoder")


def test_the_child_says_what_it_tries_before_it_does() -> None:
    said: list[str] = []
    probe([SOFTWARE_ENCODER, "no-such"], said.append)
    assert said == ["trying libx264", "working libx264", "trying no-such", "failing no-such"]


@pytest.mark.parametrize("encoder_id", [name for name in LABELS if name in av.codecs_available])
def test_every_option_is_one_the_encoder_knows(encoder_id: str) -> None:
    """libav ignores what it does not know: a misspelt option would go unnoticed without the hardware."""
    context = av.VideoCodecContext.create(encoder_id, "w")
    known = {option.name for option in (*context.supported_options.private, *context.supported_options.generic)}
    asked = options_of(encoder_id, EncoderSettings(1280, 720, 2500, ColourMatrix.BT709))
    assert set(asked) <= known


def test_a_packaged_program_is_its_own_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert catalogue.probe_command(["h264_nvenc"])[1:] == ["probe-encoders", "h264_nvenc"]
