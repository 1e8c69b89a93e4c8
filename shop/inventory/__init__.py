"""The warehouse: capacity, stock, reservations and the ledger (specification 8)."""
