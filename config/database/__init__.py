"""Django's PostgreSQL backend with a pool that heals at once; Django looks for it in `base.py`."""
