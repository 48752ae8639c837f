"""Who watched, how long, and who took part most."""
