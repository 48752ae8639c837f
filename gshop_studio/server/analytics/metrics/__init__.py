"""What all live shows are like, measured every 30 s, kept, and told to their hosts."""
