"""Steps, one file per service: each makes one call into the shop, its undo beside it."""
