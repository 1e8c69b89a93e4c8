"""How a password becomes a hash, and how one is compared with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth import hashers
from django.db import connection

from shop.customers.models import Account

# A hash takes 19 MiB and a processor: more at once would be no faster, only larger.
_hashing = BoundedSemaphore(os.cpu_count() or 1)


def hash_password(*, password: str) -> str:
    """Return the password's argon2 hash, the only form of it that is ever stored or queued."""
    with _processor():
        return hashers.make_password(password)


def password_fits(*, account: Account | None, password: str) -> bool:
    """Return whether this account may log in with this password: one hash in every case."""
    if account is None:
        hash_password(password=password)
        return False
    with _processor():
        fits = hashers.check_password(password, account.password)
    # A registration that is under way may still be undone: its customer comes last.
    complete = account.is_staff or account.customer_id is not None
    return fits and account.is_active and complete


@contextmanager
def _processor() -> Iterator[None]:
    """Wait for one of the processors, without a database connection that others may need."""
    if not connection.in_atomic_block:
        # In the gateway, whose connections live for a request, this gives it back to the pool.
        connection.close_if_unusable_or_obsolete()
    with _hashing:
        yield
