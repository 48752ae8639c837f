"""The studio's window. Qt only here; use cases come in through `ui.bridge`."""
