"""Shows: their basics, their life and their stream keys."""
