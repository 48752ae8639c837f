"""Finding shows: what is trending, and the search."""
