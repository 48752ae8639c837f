"""The companion server: REST, sockets, media ingest and delivery. Runs as a process of its own (`gshop-studio serve`)."""
