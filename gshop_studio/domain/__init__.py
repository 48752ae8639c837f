"""Values and rules of the field: money, stream life, quality, time code. Standard library only, no I/O."""
