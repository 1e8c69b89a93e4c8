"""The embedded servers: PostgreSQL and Valkey, which speaks Redis, as plain child processes.

Both listen on loopback only, behind a password, and end with the process that started them, even
when that is killed. `make run` supervises them; the tests start their own.
"""

from config.local.postgres import Postgres
from config.local.valkey import Redis

__all__ = ["Postgres", "Redis"]
