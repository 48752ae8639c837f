"""A show's numbers: metrics every 30 s, analytics, highlights by rules, the report after the show, top fans."""
