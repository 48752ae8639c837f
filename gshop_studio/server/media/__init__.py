"""Media: what publishers send and viewers play. The embedded back end, and later nginx-rtmp and IVS, behind `ports`."""
