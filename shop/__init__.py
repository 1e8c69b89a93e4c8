"""The shop's services: what they keep, read and write. Each is a small Django app."""
