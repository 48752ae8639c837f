"""A process that records, to be killed or to run out of room: `python -m tests.faults.recording_process MODE FOLDER`.

`endless`: one recording after the other, each of three seconds of media, much faster than real time.
`limited`: one recording that goes on until it ends by itself, in a process that may write no file above 3 MB; prints
what it said.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from encoder.outputs.recording import Recording, RecordingLimits
from encoder.packets import MediaPacket
from gshop_studio.engine_protocol import Fault
from tests.encoder.outputs.recorded import Footage, footage
from tests.faults.large_footage import enlarged

_LIMITS = RecordingLimits(30.0, 30.0)
_FILE_LIMIT_BYTES = 3_000_000


async def endless(folder: Path) -> None:
    """Until killed."""
    shown = footage(3)
    for number in count():
        recording = Recording(folder, f"show {number}", limits=_LIMITS)
        await recording.start(shown.stream, on_ended=lambda fault: None)
        if number == 0:
            print("recording", flush=True)
        await _offer(recording, shown)
        await recording.stop()


async def limited(folder: Path) -> None:
    """Until the disk says no."""
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_LIMIT_BYTES, _FILE_LIMIT_BYTES))
    shown = enlarged(footage(3), 20_000)
    ended: asyncio.Queue[Fault] = asyncio.Queue()
    recording = Recording(folder, "show", limits=_LIMITS)
    path = await recording.start(shown.stream, on_ended=ended.put_nowait)
    for round_number in range(10):
        if recording.is_running:
            await _offer(recording, shown, shift_us=round_number * 3_000_000)
    fault = await asyncio.wait_for(ended.get(), 30)
    print(json.dumps({"code": fault.code, "path": str(path)}), flush=True)


async def _offer(recording: Recording, shown: Footage, shift_us: int = 0) -> None:
    for packet in shown.packets:
        recording.offer(
            MediaPacket(packet.kind, packet.at_us + shift_us, packet.is_keyframe, packet.payload, packet.config)
        )
        await asyncio.sleep(0.0005)


if __name__ == "__main__":
    asyncio.run({"endless": endless, "limited": limited}[sys.argv[1]](Path(sys.argv[2])))
