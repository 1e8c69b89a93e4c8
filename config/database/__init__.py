"""Django's PostgreSQL backend as the shop has it; Django looks for it in `base.py`."""
