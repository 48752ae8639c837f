"""Sockets: rooms, presence, the event log with its sequence, and replay."""
