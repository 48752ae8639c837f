"""The hard limits on everything a peer declares. They bound memory before it is taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AmfLimits:
    """The budget of one AMF message."""

    max_depth: int = 16
    """Containers inside containers."""
    max_values: int = 1024
    """Values of all kinds together, containers included."""
    max_string_bytes: int = 32 * 1024
    """All strings and keys together."""


DEFAULT_AMF_LIMITS = AmfLimits()


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """What one connection may ask of us."""

    max_message_bytes: int = 4 * 1024 * 1024
    """Of one audio or video message, once a publish was asked for."""
    max_command_bytes: int = 64 * 1024
    """Of any other message, and of every message before a publish."""
    min_chunk_bytes: int = 128
    max_chunk_bytes: int = 0xFFFFFF
    """The specification's own ceiling. Chunks take no memory by themselves; messages are capped above."""
    max_partial_bytes: int = 6 * 1024 * 1024
    """Unfinished messages of all chunk streams together."""
    max_chunk_streams: int = 32
    max_commands_before_publish: int = 32
    max_name_bytes: int = 256
    """Of an application's or a stream's name, arguments included."""
    amf: AmfLimits = DEFAULT_AMF_LIMITS


DEFAULT_INGEST_LIMITS = IngestLimits()
