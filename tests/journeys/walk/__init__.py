"""The contract's rows, one after the other, as a client of the running shop sees them."""
