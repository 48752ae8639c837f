"""Moments of shows worth coming back to: found by rules, listed, edited by the host."""
