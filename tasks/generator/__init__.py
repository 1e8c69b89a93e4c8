"""A shop grown large by chance: books, customers, orders and finished jobs, for measurements."""
