"""Shows recommended to each person, and what they made of them."""
