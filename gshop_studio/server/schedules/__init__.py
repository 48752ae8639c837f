"""Shows to come: their dates, their repeats, and who is reminded of them."""
