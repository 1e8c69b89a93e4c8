"""The shop in containers, for real: `make compose-check`: `make test` does without Docker."""
