"""The companion server: REST, sockets, media ingest and delivery. A process of its own (`gshop-studio serve`)."""
