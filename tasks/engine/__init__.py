"""The engine: jobs that end, exactly once. It knows no service of the shop."""
