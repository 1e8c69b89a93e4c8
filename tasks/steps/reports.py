"""Steps of the reports to staff."""

from datetime import UTC, datetime, time, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings

from shop.customers import selectors as customers
from shop.inventory import selectors as inventory
from shop.notifications import services as notifications
from shop.orders import selectors as orders
from shop.payments import selectors as payments
from shop.payments.selectors import Turnover
from tasks.engine import jobs
from tasks.engine.models import State
from tasks.steps.notifications import Mailed

# How many products a mail lists.
LISTED = 100
# How many days a report covers at most, when the shop stood still for long.
MOST_DAYS = 31


class LowStock(TypedDict):
    """How many products are nearly sold out, and what to mail: null where there are none."""

    products: int
    subject: str
    body: str | None


class Daily(TypedDict):
    """What the shop did from the first day on, before the last, and what to mail."""

    first_day: str
    days: int
    orders: dict[str, int]
    turnover: list[Turnover]
    registrations: int
    jobs_failed: int
    jobs_stuck: int
    low_stock: int
    subject: str
    body: str


def find_low_stock() -> LowStock:
    """Look which products are nearly sold out."""
    number, scarcest = inventory.scarce(at_most=settings.SHOP_LOW_STOCK, limit=LISTED)
    lines = [
        f"{item['available']} left of product {item['product_id']}, {item['title']}"
        for item in scarcest
    ]
    if number > len(lines):
        lines.append(f"… and {number - len(lines)} more")
    return LowStock(
        products=number,
        subject=f"Low stock: {number} product{'' if number == 1 else 's'}",
        body="\n".join(lines) or None,
    )


def report(*, since: str | None, until: str) -> Daily:
    """Count what the shop did on the days (UTC) that no report has covered yet."""
    first, end = _days(since, until)
    span = {"since": first, "until": end}
    failed = jobs.listed(state=State.FAILED)
    daily = Daily(
        first_day=first.date().isoformat(),
        days=(end - first).days,
        orders=orders.placed(**span),
        turnover=payments.turnover(**span),
        registrations=customers.registered(**span),
        jobs_failed=failed.filter(finished_at__gte=first, finished_at__lt=end).count(),
        jobs_stuck=jobs.listed(state=State.STUCK).count(),
        low_stock=inventory.scarce(at_most=settings.SHOP_LOW_STOCK, limit=0)[0],
        subject="",
        body="",
    )
    last = (end - timedelta(days=1)).date().isoformat()
    days = last if daily["days"] == 1 else f"{daily['first_day']} to {last}"
    return {**daily, "subject": f"The shop on {days}", "body": _body(daily)}


def mail_staff(*, job_id: UUID, subject: str, body: str) -> Mailed:
    """Mail it to staff; in doubt again, under the same Message-ID."""
    return Mailed(
        mail=notifications.mail_staff(
            subject=subject, body=body, message_id=f"{job_id}.mail_staff@bookshop"
        )
    )


def _days(since: str | None, until: str) -> tuple[datetime, datetime]:
    """Return when the days begin and end that lie between two slots: one at least."""
    end = datetime.combine(datetime.fromisoformat(until).astimezone(UTC), time(), UTC)
    first = end - timedelta(days=1)
    if since is not None:
        before = datetime.combine(datetime.fromisoformat(since).astimezone(UTC), time(), UTC)
        first = min(first, max(before, end - timedelta(days=MOST_DAYS)))
    return first, end


def _body(daily: Daily) -> str:
    placed = sum(daily["orders"].values())
    return "\n".join(
        [
            f"Orders placed: {placed}",
            *(f"  now {status}: {number}" for status, number in sorted(daily["orders"].items())),
            *(
                f"Received: {money['captured']} {money['currency']},"
                f" given back: {money['refunded']} {money['currency']}"
                for money in daily["turnover"]
            ),
            f"Customers registered: {daily['registrations']}",
            f"Jobs that failed: {daily['jobs_failed']}",
            f"Jobs that are stuck now: {daily['jobs_stuck']}",
            f"Products with {settings.SHOP_LOW_STOCK} free copies or fewer: {daily['low_stock']}",
        ]
    )
