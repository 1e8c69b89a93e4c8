"""Payments and the interface to their providers (specification 6)."""
