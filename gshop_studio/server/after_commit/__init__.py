"""What follows from a change after its commit: written down with the change, done at least once."""
