"""Where pictures and sound come from: cameras, microphones, files, the test card, the tone, silence."""
