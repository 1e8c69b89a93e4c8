"""Orders, their lines and history (specification 3)."""
