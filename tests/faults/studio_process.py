"""A studio without a window, as a process of its own: it puts a show on air and waits to be killed.

`python -m tests.faults.studio_process CONTROL_DIR SETTINGS URL KEY`; prints `live` once the engine is.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gshop_studio.client.engine_client import EngineClient
from gshop_studio.engine_protocol import EngineState
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.engine_room import EngineRoom


async def main(control_dir: Path, settings: Path, url: str, key: str) -> None:
    room = EngineRoom(EngineClient(control_dir), SettingsFile(settings))
    room.open()
    await room.settled()
    await room.go_live(url, key)
    while (status := room.snapshot.value.status) is None or status.state is not EngineState.LIVE:
        await asyncio.sleep(0.05)
    await room.set_muted(True)
    print("live", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    control, settings_file, address, stream_key = sys.argv[1:]
    asyncio.run(main(Path(control), Path(settings_file), address, stream_key))
