"""Scenes: layers, overlays and transitions, drawn on I420 pictures."""
