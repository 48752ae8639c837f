"""Makes what a killed engine left of a recording ordinary, when the recording goes on in a next part.

Every call may wait for the disk, and read all of a large file: not on an event loop's thread, and nobody waits for it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from encoder.errors import EngineError
from encoder.outputs.leftovers import finish_leftover
from encoder.outputs.part_names import part_names

_log = logging.getLogger(__name__)


def finish_earlier_parts(path: Path, name: str) -> list[Path]:
    """Finish the parts of that recording before the one at `path`. What is whole, or written by somebody, stays as it
    is.

    Args:
        path: The part that is written now; it and what comes after it is not touched.
        name: Of the recording, as its files bear it.

    Returns:
        Those that are whole now and were not before.
    """
    finished = []
    for part in part_names(name):
        if part == path.name:
            break
        earlier = path.with_name(part)
        try:
            if finish_leftover(earlier):
                _log.info("made whole what was left of a recording")
                finished.append(earlier)
        except EngineError as error:
            _log.warning("a recording stays in fragments, which play: %s", error.fault.params.get("reason", ""))
    return finished
