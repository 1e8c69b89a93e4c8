"""What staff are told: low stock, and each day's report."""

from typing import Any

import pytest
from pytest_django import Settings

from shop.catalog import services as catalog
from tests.workflows.cases import (
    new_book,
    new_customer,
    new_order,
    new_staff,
    run,
    scheduled,
    update,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)
# The runs of these tests are of this morning, in days to come.
TODAY = "2030-01-02T06:00:00Z"


def to_yesterday() -> None:
    """Have all of it happened on the day before that of the runs."""
    for column in (
        *("orders_orderevent.at", "payments_payment.created_at", "payments_refund.done_at"),
        *("customers_customer.created_at", "jobs_job.finished_at"),
    ):
        table, name = column.split(".")
        write(
            f"UPDATE {table} SET {name} = '2030-01-01T12:00:00Z'"  # noqa: S608
            f" WHERE {name} IS NOT NULL"
        )


def test_low_stock_is_told_to_all_staff_in_one_mail(mailoutbox: list[Any]) -> None:
    emails = [new_staff(), new_staff()]
    scarce, plenty, deleted = (new_book(copies=n) for n in (5, 6, 1))
    catalog.delete_book(book_id=deleted)
    job = run(scheduled("low_stock"))
    assert job.result == {"products": 1, "mail": "sent"}
    [letter] = mailoutbox
    assert letter.to == emails
    assert letter.subject == "Low stock: 1 product"
    assert f"5 left of product {scarce}, Book" in letter.body
    assert f"product {plenty}," not in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{job.pk}.mail_staff@bookshop>"


def test_what_is_promised_to_orders_is_not_there_any_more(mailoutbox: list[Any]) -> None:
    new_staff()
    new_order()  # One, two and three of nine copies.
    assert run(scheduled("low_stock")).result == {"products": 0, "mail": None}
    new_order(token=None)
    write("UPDATE inventory_stock SET reserved = 4")
    job = run(scheduled("low_stock"))
    assert job.result is not None
    assert job.result["products"] == 6


def test_the_limit_is_a_setting(settings: Settings) -> None:
    new_staff()
    new_book(copies=20)
    settings.SHOP_LOW_STOCK = 20
    assert run(scheduled("low_stock")).result == {"products": 1, "mail": "sent"}


def test_without_staff_nobody_is_mailed_and_the_job_succeeds(mailoutbox: list[Any]) -> None:
    new_book(copies=1)
    assert run(scheduled("low_stock")).result == {"products": 1, "mail": "nobody"}
    assert mailoutbox == []


def test_the_report_of_a_day_counts_what_happened(mailoutbox: list[Any]) -> None:
    new_staff()
    new_order()
    new_order(token=None)
    run(update(new_order(), "cancelled"))
    to_yesterday()
    new_customer()
    new_order()
    job = run(scheduled("daily_report"))
    assert job.result == {
        "first_day": "2030-01-01",
        "days": 1,
        "orders": {"paid": 1, "pending": 1, "cancelled": 1},
        "turnover": [{"currency": "VND", "captured": "600000", "refunded": "300000"}],
        "registrations": 3,
        "jobs_failed": 0,
        "jobs_stuck": 0,
        "low_stock": 0,
        "mail": "sent",
    }
    [letter] = mailoutbox
    assert letter.subject == "The shop on 2030-01-01"
    assert "Orders placed: 3\n  now cancelled: 1\n  now paid: 1\n  now pending: 1" in letter.body
    assert "Received: 600000 VND, given back: 300000 VND" in letter.body


@pytest.mark.parametrize(
    ("since", "first_day", "days"),
    [
        (None, "2030-01-01", 1),
        ("2030-01-01T06:00:00Z", "2030-01-01", 1),
        ("2029-12-30T06:00:00Z", "2029-12-30", 3),
        ("2030-01-02T05:00:00Z", "2030-01-01", 1),
        ("2029-01-01T06:00:00Z", "2029-12-02", 31),
    ],
)
def test_a_report_covers_the_days_that_beat_slept_through(
    since: str | None, first_day: str, days: int
) -> None:
    job = run(scheduled("daily_report", since=since))
    assert job.result is not None
    assert (job.result["first_day"], job.result["days"]) == (first_day, days)
