"""Products on air: a show's shelf, what is highlighted and what is pinned."""
