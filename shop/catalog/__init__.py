"""Products, authors and categories (specification 2)."""
