"""Painted and reusable pieces without knowledge of the show."""
