"""The built-in payment provider, with a ledger of its own."""
