"""What is special about a checkout."""

import pytest
from pytest_django import Settings

from shop.carts import services as carts
from shop.catalog import services as catalog
from shop.core.errors import Refused
from shop.orders import selectors as orders
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.steps import notifications
from tasks.workflows import CHECKOUT
from tests.workflows.cases import checkout, deliver, new_book, new_customer, run, visible
from tests.workflows.test_faults import fault

pytestmark = pytest.mark.django_db(transaction=True)


def buyer() -> tuple[int, int]:
    """Return a customer with two copies of a book in the cart, and the book."""
    user_id, book_id = new_customer(), new_book(copies=5)
    carts.add_item(user_id=user_id, product_id=book_id, quantity=2)
    return user_id, book_id


def codes(job: Job) -> str | None:
    return job.error["code"] if job.error else None


def test_to_pay_later_moves_no_money_so_that_there_is_a_way_back() -> None:
    user_id, _ = buyer()
    before = visible()
    with fault(notifications.tell_of_order, "during", [Refused("no")]):
        job = run(checkout(user_id=user_id, token=None))
    assert job.state == State.FAILED
    assert visible() == before


def test_a_product_that_is_deleted_between_the_202_and_the_order_is_not_sold() -> None:
    user_id, book_id = buyer()
    job = checkout(user_id=user_id)
    catalog.delete_book(book_id=book_id)
    job = run(job)
    assert (job.state, codes(job)) == (State.FAILED, "product_unavailable")


def test_the_history_names_who_cancelled_it() -> None:
    user_id, _ = buyer()
    job = deliver(checkout(user_id=user_id))
    jobs.cancel(job_id=job.pk, account_id=4711)
    run(job)
    [order] = orders.orders(user_id=user_id)
    assert [(event.status, event.by) for event in order.history.all()] == [
        ("pending", None),
        ("cancelled", 4711),
    ]


def test_a_book_priced_in_a_currency_that_the_shop_has_left_is_not_sold(
    settings: Settings,
) -> None:
    user_id, _ = buyer()
    settings.SHOP_CURRENCY = "EUR"
    with pytest.raises(carts.ProductUnavailable):
        carts.take_lines(user_id=user_id)


def test_lines_of_the_same_product_are_summed_before_the_stock_is_looked_at() -> None:
    user_id, book_id = buyer()
    before = visible()
    [line] = carts.take_lines(user_id=user_id)
    job = jobs.start(
        CHECKOUT,
        input={
            "user_id": user_id,
            "lines": [{**line, "quantity": 3}, {**line, "quantity": 3}],
            "currency": "VND",
            "payment_method": "card",
        },
        secrets={"payment_token": "tok_ok"},
    )
    job = run(job)
    assert (job.state, codes(job)) == (State.FAILED, "insufficient_stock")
    assert visible()["stock"] == before["stock"]
    assert book_id == line["product_id"]
