"""The embedded media back end: packaging, the window, the real sockets of publishers and viewers."""
