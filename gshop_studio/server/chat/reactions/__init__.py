"""Reactions: counted in memory, told and written once a second."""
