"""The engine: captures, encodes and publishes, in a process of its own. cv2 and PyAV are imported only here."""
