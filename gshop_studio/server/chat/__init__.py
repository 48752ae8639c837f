"""A show's chat."""
