"""Between people, and between people and products: who follows whom, who wishes for what, a host's public page."""
