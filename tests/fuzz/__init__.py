"""Mutated requests over raw sockets, against a gateway that runs: `make fuzz`."""
