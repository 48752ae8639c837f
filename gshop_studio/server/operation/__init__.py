"""Running it: the log, metrics, readiness, backups, reports of faults."""
