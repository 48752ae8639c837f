"""MP4 files of H.264 and AAC, written in fragments and made ordinary ones in place. Pure: bytes, no files.

PyAV's muxer is not used for it: with `hybrid_fragmented` it moves sound and picture against each other by up to an AAC
frame (21 ms), keeps 23 MB an hour in memory, and cannot finish a file that a crash left.
Source: ISO/IEC 14496-12 (boxes), 14496-14 (`mp4a`, `esds`), 14496-15 (`avc1`, `avcC`).
"""
