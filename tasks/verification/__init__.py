"""The books of the shop, verified: what must add up, read past all code that writes it."""
