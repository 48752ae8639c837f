"""What follows a paid order: who is told, and what is kept of it. Each is done once an order, after its commit."""
