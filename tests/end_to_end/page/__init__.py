"""The buyers' page in Chromium, against the real server process and real media published by ffmpeg."""
