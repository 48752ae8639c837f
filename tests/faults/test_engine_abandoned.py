"""The studio is gone for good: the engine keeps the show for a while, and then ends all of it properly."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.encoder.broadcast_media import assert_whole_sound, missing_ticks, stamps_ms
from tests.encoder.ingest import STREAM_KEY, Ingest, running_ingest
from tests.encoder.outputs.recorded import is_ordinary, play
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch
from tests.support.processes import wait_until

ALONE_S = 6
"""Two times two thirds of it are more than all of it: only time that begins anew lets the show go on for so long."""


def _leave_alone(ingest: Ingest, process: subprocess.Popen[bytes]) -> None:
    """Two thirds of the time that a show is kept without a studio; it goes on meanwhile."""
    count = len(ingest.pictures)
    time.sleep(ALONE_S * 2 / 3)
    assert process.poll() is None and len(ingest.pictures) > count


def test_without_a_studio_the_show_goes_on_for_a_while_and_ends_whole(tmp_path: Path) -> None:
    """Case 63: a studio that comes meanwhile has state, preview and controls, and time begins anew when it goes."""
    with (
        running_ingest() as ingest,
        running_engine(tmp_path, "--idle-exit-s", "1", "--abandoned-stop-s", str(ALONE_S)) as process,
    ):
        with EngineWatch(tmp_path) as engine:
            engine.ask("set_quality", quality="360p")
            engine.ask("set_sources", video="test", audio="tone")
            engine.ask("set_replay", seconds=30)
            engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
            path = Path(engine.ask("record_start", folder=str(tmp_path / "made"), name="show")["path"])
            engine.until_state("live")
        _leave_alone(ingest, process)
        with EngineWatch(tmp_path) as engine:
            status = engine.status()
            assert status["state"] == "live" and status["recording"]["path"] == str(path)
            memory = engine.ask("preview_start", width=320, height=180)
            wait_until(lambda: engine.previews, what="a preview")
            assert Path(memory["path"]).stat().st_size >= memory["slot_bytes"]
            engine.ask("set_scene", scene="be_right_back")
            assert engine.status()["scene"] == "be_right_back"
            late = engine.status()["late_frames"]
        _leave_alone(ingest, process)
        assert process.wait(30) == 0
        assert len(ingest.publications) == 1 and ingest.publications[0].is_finished
        assert missing_ticks(stamps_ms(ingest.publications)) <= late + 10
        assert_whole_sound([sample.timestamp_ms for sample in ingest.sounds])
    assert is_ordinary(path)
    assert len(play(path).pictures) > 120
