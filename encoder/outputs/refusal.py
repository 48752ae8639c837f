"""What an ingest's refusal means for us: servers say "no" in many words, and some say it by hanging up. Pure."""

from __future__ import annotations

from encoder.errors import OutputError
from encoder.outputs.target import RtmpTarget

OCCUPIED = "occupied"
"""The fault's `cause` when somebody publishes under this key, most likely our own last connection."""
_OCCUPIED_WORDS = (
    "already publishing",
    "already being published",
    "already live",
    "else is publishing",
    "stream busy",
    "in use",
)
"""A server that has not noticed the end of our last connection says so in words; the code is a wrong key's."""
_CLOSED_INSTEAD_OF_AN_ANSWER = "NetConnection.Connect.Closed"
"""How nginx-rtmp refuses a key or an application; a server that dies at that moment looks the same, so we try again."""
_KEY_REFUSALS = ("NetStream.Publish.BadName", "NetStream.Publish.Denied", "NetStream.Publish.Unauthorized")


def refusal_of(target: RtmpTarget, code: str, description: str, *, was_accepted: bool) -> OutputError:
    """The error for a server's status.

    Args:
        code: The server's status.
        description: Its words; may be empty.
        was_accepted: Whether the publish had been accepted before.
    """
    if code == _CLOSED_INSTEAD_OF_AN_ANSWER:
        # With words it is a server that shuts down; with none, and before it took us, a refusal.
        return target.fault("ingest.closed" if not description and not was_accepted else "ingest.lost")
    reason = description.rstrip(". ") or code
    if any(words in description.lower() for words in _OCCUPIED_WORDS):
        return target.fault("ingest.refused", reason=reason, status=code, cause=OCCUPIED)
    if code not in _KEY_REFUSALS:
        return target.fault("ingest.refused", is_final=True, reason=reason, status=code)
    return target.fault("ingest.refused_key", is_final=True)
