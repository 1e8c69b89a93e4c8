"""How often a password may be guessed: after some wrong guesses in a row each next one has to wait.

Three numbers are kept: of an account, of an address, and of the two together. A guess is counted
before it is looked at, so that many at once are no way around, and a right one takes it back. No
wait is longer than a quarter of an hour, and an address from which somebody has logged in to an
account goes on to be counted by itself there: whoever guesses elsewhere keeps nobody out.

Sources: OWASP ASVS 4.0.3, 2.2.1: not more than a hundred wrong guesses of one account in an hour;
OWASP, Slow Down Online Guessing Attacks with Device Cookies: known devices are counted apart.
docs/decisions/0020 says why this is kept in PostgreSQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest, Now

from shop.core.digests import keyed
from shop.core.errors import Refused
from shop.customers.models import Account, Guesses, Login

# Numbers are forgotten when nobody has guessed for so long.
FORGOTTEN = timedelta(hours=1)
# A provider gives a customer at least so much of IPv6, whose other half is theirs to choose.
NETWORK_BITS = 64
# Locks in the order of the rows: account, address, both. What is there stays as it is.
LOCK = """
    INSERT INTO customers_guesses (digest, number)
    VALUES (%s, 0), (%s, 0), (%s, 0)
    ON CONFLICT (digest) DO UPDATE SET digest = EXCLUDED.digest
    RETURNING digest, number, next_at, clock_timestamp()"""


class TooManyAttempts(Refused):
    """Too many guesses were wrong. `wait`: the seconds until the next one is looked at."""

    code = "too_many_attempts"
    detail = (
        "Too many attempts have failed; try again later, or have a new password set by"
        " `POST /api/v1/auth/password-resets`."
    )

    def __init__(self, wait: float = 1) -> None:
        """Refuse for so many seconds."""
        super().__init__()
        self.wait = wait


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many wrong guesses are free, and the longest wait after more: 1 s, doubled each time."""

    free: int
    longest: timedelta

    def wait(self, number: int) -> timedelta:
        """Return the wait after so many wrong guesses in a row."""
        if number <= self.free:
            return timedelta(0)
        # Thirty doublings are longer than any wait.
        seconds = 2 ** min(number - self.free - 1, 30)
        return min(timedelta(seconds=seconds), self.longest)


# In the order of LOCK. Many people may share an address.
ACCOUNT = Limit(free=10, longest=timedelta(minutes=1))
ADDRESS = Limit(free=100, longest=timedelta(minutes=1))
BOTH = Limit(free=5, longest=timedelta(minutes=15))
LIMITS = (ACCOUNT, ADDRESS, BOTH)


# Of an account, of an address, and of both.
Digests = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A guess that was counted: for what, and when its address's next one was due and is now."""

    digests: Digests
    due_before: datetime
    due: datetime


def count(*, account: Account | None, username: str, address: str | None) -> Guess | None:
    """Count a guess of the password of the account that was found under this username, or of none.

    Returns what `forget` takes back, or None where nothing is counted (`SHOP_THROTTLE`). A name
    that is nobody's is counted like any other. Raises TooManyAttempts when it is too early.
    """
    if not settings.SHOP_THROTTLE:
        return None
    # By the account's key however its name was spelled: in the database's eyes it is one name.
    whose = str(account.pk) if account else f"name:{username.lower()}"
    digests = _digests(whose, address)
    with transaction.atomic():
        rows, now = _locked(digests)
        known = _is_known(account, address)
        # What is refused is rolled back: it is not counted.
        wait = max(row.next_at - now for row in (rows[2:] if known else rows))
        if wait > timedelta(0):
            raise TooManyAttempts(ceil(wait.total_seconds()))
        due_before = rows[1].next_at
        for row, limit in zip(rows, LIMITS, strict=True):
            row.number = 1 if row.next_at < now - FORGOTTEN else row.number + 1
            row.next_at = now + limit.wait(row.number)
        Guesses.objects.bulk_update(rows, ["number", "next_at"])
    return Guess(digests=digests, due_before=due_before, due=rows[1].next_at)


def forget(guess: Guess | None) -> None:
    """Take a guess back that was right: the account's numbers end, the address's is as before.

    It does not end, and its wait goes on: who has an account there could guess others' for ever.
    """
    if guess is None:
        return
    account, address, both = guess.digests
    # In the order of LOCK.
    Guesses.objects.filter(pk=account).delete()
    Guesses.objects.filter(pk=address).update(
        number=Greatest(F("number") - 1, 0),
        # Unless another guess has moved it since.
        next_at=Case(When(next_at=guess.due, then=Value(guess.due_before)), default=F("next_at")),
    )
    Guesses.objects.filter(pk=both).delete()


def forgive(*, account_id: int, address: str | None) -> None:
    """End the numbers of the account, whose owner has shown from this address who it is.

    That of the address alone goes on. May be repeated.
    """
    account, _, both = _digests(str(account_id), address)
    # In the order of LOCK.
    Guesses.objects.filter(pk=account).delete()
    Guesses.objects.filter(pk=both).delete()


def delete_forgotten(*, limit: int) -> int:
    """Delete so many numbers that no longer count, and return how many went."""
    old = Guesses.objects.select_for_update(skip_locked=True).filter(next_at__lt=Now() - FORGOTTEN)
    rows = old.order_by("next_at")[:limit]
    return Guesses.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


def _digests(whose: str, address: str | None) -> Digests:
    """Return what a guess of the password of an account, or of a name, counts for."""
    place = _network(address)
    return (
        keyed("guesses of account", whose),
        keyed("guesses from address", place),
        keyed("guesses of account from address", whose, place),
    )


def _locked(digests: Digests) -> tuple[list[Guesses], datetime]:
    """Return the three numbers under a lock, and PostgreSQL's time."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, digests)
        found = {bytes(row[0]): row for row in cursor.fetchall()}
    # By the clock after the locks: not before what was written by those who had them.
    now: datetime = max(row[3] for row in found.values())
    return [Guesses(*found[digest][:3]) for digest in digests], now


def _is_known(account: Account | None, address: str | None) -> bool:
    """Return whether somebody logged in to the account from this address, as far as is kept."""
    if address is None:
        return False
    # Asked also where there is no such account: no answer comes earlier for that.
    logins = Login.objects.filter(account=account.pk if account else 0)
    return logins.filter(address__range=_range(address)).exists()


def _network(address: str | None) -> str:
    """Return whose address it is: of IPv6 the network, of IPv4 the address itself."""
    return _range(address)[0] if address else ""


def _range(address: str) -> tuple[str, str]:
    """Return the first and the last address of whose address it is."""
    found = ip_address(address)
    bits = NETWORK_BITS if isinstance(found, IPv6Address) else found.max_prefixlen
    network = ip_network((found, bits), strict=False)
    return str(network.network_address), str(network.broadcast_address)
