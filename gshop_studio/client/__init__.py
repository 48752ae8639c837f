"""How the studio reaches servers and the engine: REST, realtime, credentials, processes."""
