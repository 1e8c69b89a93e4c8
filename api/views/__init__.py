"""Requests in, answers out: one file per service."""
