"""Flower's settings, read by `celery flower --conf`; its names are Flower's options.

They stand in a file because a password must be on no command line, and may hold any letter.
"""

import os

address = os.environ.get("FLOWER_HOST") or "127.0.0.1"
port = int(os.environ.get("FLOWER_PORT") or 5555)
basic_auth = [f"admin:{os.environ['SHOP_FLOWER_PASSWORD']}"]
# Jobs are kept in PostgreSQL; Flower shows what passes by.
persistent = False
max_tasks = 10_000
