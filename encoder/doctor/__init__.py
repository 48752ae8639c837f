"""Looks at everything a show needs before it begins: devices, encoders, speed, upload, disk, machine."""
