"""Carts (specification 5)."""
