"""What the server knows of a person: handed out to them, erased when they ask, and forgotten in time."""
