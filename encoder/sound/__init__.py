"""The sound between its sources and the encoder: mixing, levels, effects, drift of the sound card's clock."""
