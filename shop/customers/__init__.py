"""Accounts, customers and their logins (specification 4)."""
