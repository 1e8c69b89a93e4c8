"""Steps that keep the shop in order: deleting what is old, verifying the books."""

from datetime import timedelta
from typing import TypedDict

from django.conf import settings

from shop.customers import guessing, logins, mailed_tokens
from shop.payments import events
from tasks.engine import expiry
from tasks.verification.walking import Breach, Walk, walk

# How many rows of each kind one run deletes at most.
BATCH = 2_000
# Runs that the clock starts are many, and tell little when they are over.
RUNS_KEPT = timedelta(days=2)
LOGINS_KEPT = timedelta(days=30)
EVENTS_KEPT = timedelta(days=90)
# Orders, payments and jobs that did not change for so long are left to `manage.py verify`.
VERIFIED = timedelta(days=2)


class JobsDeleted(TypedDict):
    """How many."""

    jobs: int


class LoginsDeleted(TypedDict):
    """How many."""

    logins: int


class TokensDeleted(TypedDict):
    """How many."""

    tokens: int


class GuessesDeleted(TypedDict):
    """How many."""

    guesses: int


class EventsDeleted(TypedDict):
    """How many."""

    events: int


class StockVerified(TypedDict):
    """What is wrong in the warehouse."""

    stock: list[Breach]


class OrdersVerified(TypedDict):
    """What is wrong with orders, and with their money."""

    orders: list[Breach]


class Verified(TypedDict):
    """All that is wrong, and what to mail: null where all is well."""

    breaches: list[Breach]
    subject: str
    body: str | None


def delete_jobs() -> JobsDeleted:
    """Delete the oldest finished jobs, runs of the clock sooner than others."""
    runs = expiry.delete_finished(older_than=RUNS_KEPT, limit=BATCH, scope="schedule")
    kept = timedelta(days=settings.SHOP_JOBS_KEPT)
    return JobsDeleted(jobs=runs + expiry.delete_finished(older_than=kept, limit=BATCH))


def delete_logins() -> LoginsDeleted:
    """Delete logins that ended or expired long ago."""
    return LoginsDeleted(logins=logins.delete_ended(older_than=LOGINS_KEPT, limit=BATCH))


def delete_tokens() -> TokensDeleted:
    """Delete mailed tokens that nobody used in time."""
    return TokensDeleted(tokens=mailed_tokens.delete_expired(limit=BATCH))


def delete_guesses() -> GuessesDeleted:
    """Delete numbers of wrong passwords that no longer count."""
    return GuessesDeleted(guesses=guessing.delete_forgotten(limit=BATCH))


def delete_events() -> EventsDeleted:
    """Delete old messages of payment providers."""
    return EventsDeleted(events=events.delete_old(older_than=EVENTS_KEPT, limit=BATCH))


def verify_stock(*, so_far: Walk | None) -> StockVerified:
    """Verify the whole warehouse, in as many turns as it takes."""
    return StockVerified(stock=walk("stock", lately=VERIFIED, so_far=so_far))


def verify_orders(*, so_far: Walk | None) -> OrdersVerified:
    """Verify orders and payments that changed lately, in as many turns as it takes."""
    return OrdersVerified(orders=walk("orders", "money", lately=VERIFIED, so_far=so_far))


def verify_jobs(*, stock: list[Breach], orders: list[Breach], so_far: Walk | None) -> Verified:
    """Verify jobs that ended lately, in as many turns as it takes, and sum up."""
    breaches = [*stock, *orders, *walk("jobs", lately=VERIFIED, so_far=so_far)]
    lines = [f"{breach['rule']} Not so for {breach['rows']} rows." for breach in breaches]
    return Verified(
        breaches=breaches,
        subject="The books do not add up",
        body="\n".join([*lines, "", "See `manage.py verify`."]) if breaches else None,
    )
