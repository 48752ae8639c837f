"""Buying in a show: carts, reservations, orders, what becomes of their payments, and what they earn whom."""
