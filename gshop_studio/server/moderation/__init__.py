"""Keeping a show's chat kind: moderators and what they did, and the checks every message passes."""
