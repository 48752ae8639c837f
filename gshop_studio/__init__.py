"""GSHOP Studio: broadcast and sell live. The desktop app, the companion server and the command line."""

__version__ = "0.1.0"
