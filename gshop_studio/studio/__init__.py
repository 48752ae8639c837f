"""The studio's use cases: what a seller does, without a window. No Qt; everything runs on one asyncio thread."""
