"""What is special about deleting an account."""

from uuid import uuid4

import pytest
from django.core import mail

from shop.carts import selectors as cart_reads
from shop.carts import services as carts
from shop.core.errors import NotFound
from shop.customers import selectors as customers
from shop.customers.models import Account
from shop.notifications import selectors as notifications
from shop.orders import selectors as orders
from shop.orders.models import Order, OrderEvent
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.workflows import CHECKOUT, NOTIFICATION
from tests.workflows.cases import (
    account_deletion,
    checkout,
    deliver,
    new_book,
    new_customer,
    run,
    visible,
)

pytestmark = pytest.mark.django_db(transaction=True)

SHIP_TO = {"first_name": "An", "last_name": "Nguyễn", "address": "1 Lý Thái Tổ"}


def buyer() -> int:
    """Return a customer with two copies of a book in the cart."""
    user_id = new_customer()
    carts.add_item(user_id=user_id, product_id=new_book(copies=5), quantity=2)
    return user_id


def is_open(user_id: int) -> bool:
    return Account.objects.get(customer=user_id).is_active


def step_states(job: Job) -> list[str]:
    return [step["state"] for step in job.steps]


def code(job: Job) -> str | None:
    return job.error["code"] if job.error else None


def tell(user_id: int) -> Job:
    return jobs.start(
        NOTIFICATION,
        input={
            "user_id": user_id,
            "order_id": None,
            "subject": "Hello",
            "body": "There.",
            "is_new": True,
            "notification_id": None,
        },
        beneficiary_id=customers.account_id(user_id=user_id),
    )


def test_it_waits_until_the_accounts_other_jobs_have_ended() -> None:
    user_id = new_customer()
    other = tell(user_id)
    tell(new_customer())
    job = deliver(account_deletion(user_id=user_id))
    assert (job.state, step_states(job)[0]) == (State.WAITING, "waiting")
    assert deliver(job).state == State.WAITING
    assert customers.customer(user_id=user_id)["first_name"] == "An"
    run(other)
    assert run(job).state == State.SUCCEEDED
    with pytest.raises(NotFound):
        customers.customer(user_id=user_id)


def test_a_checkout_that_placed_its_order_before_makes_the_deletion_fail() -> None:
    user_id = buyer()
    buying = deliver(checkout(user_id=user_id))
    job = deliver(account_deletion(user_id=user_id))
    assert job.state == State.WAITING
    assert run(buying).state == State.SUCCEEDED
    for other in Job.objects.exclude(pk=job.pk):
        run(other)
    job = run(job)
    assert (job.state, code(job)) == (State.FAILED, "orders_open")
    assert is_open(user_id)
    [order] = orders.orders(user_id=user_id)
    assert (order.status, order.first_name) == ("paid", "An")


def test_a_checkout_that_comes_to_its_order_later_places_none() -> None:
    user_id = buyer()
    buying = checkout(user_id=user_id)
    job = deliver(account_deletion(user_id=user_id))
    buying = run(buying)
    assert (buying.state, code(buying)) == (State.FAILED, "not_found")
    assert run(job).state == State.SUCCEEDED
    assert not orders.orders(user_id=user_id).exists()


def test_a_checkout_after_it_leaves_nothing() -> None:
    user_id = new_customer()
    assert run(account_deletion(user_id=user_id)).state == State.SUCCEEDED
    before = visible()
    line = {"product_id": new_book(copies=3), "title": "A", "quantity": 1, "unit_price": "5"}
    late = jobs.start(
        CHECKOUT,
        input={"user_id": user_id, "lines": [line], "currency": "VND", "payment_method": None},
    )
    late = run(late)
    assert (late.state, code(late)) == (State.FAILED, "not_found")
    assert visible()["carts"] == before["carts"]
    assert not orders.orders(user_id=user_id).exists()
    with pytest.raises(NotFound):
        cart_reads.cart(user_id=user_id)


def test_cancelled_while_it_waits_it_leaves_everything_as_it_was() -> None:
    user_id = buyer()
    before = visible()
    tell(user_id)
    job = deliver(account_deletion(user_id=user_id))
    assert not is_open(user_id)
    jobs.cancel(job_id=job.pk)
    assert run(job).state == State.CANCELLED
    assert is_open(user_id)
    assert visible() == before


def test_a_notification_of_somebody_who_was_deleted_ends_and_mails_nobody() -> None:
    user_id = new_customer()
    run(account_deletion(user_id=user_id))
    job = run(tell(user_id))
    assert job.state == State.SUCCEEDED
    assert (job.result or {})["mail"] == "refused"
    assert mail.outbox == []


def test_what_the_customer_had_is_gone() -> None:
    user_id = buyer()
    run(tell(user_id))
    run(account_deletion(user_id=user_id))
    assert not notifications.notifications(user_id=user_id).exists()
    with pytest.raises(NotFound):
        cart_reads.cart(user_id=user_id)


@pytest.mark.parametrize(
    ("statuses", "kept"),
    [
        (["pending", "failed"], False),
        (["pending", "cancelled"], False),
        (["pending", "paid", "cancelled"], True),
        (["pending", "paid", "processing", "shipped", "delivered"], True),
        (["pending", "paid", "processing", "shipped", "delivered", "returned"], True),
    ],
)
def test_only_orders_that_were_ever_paid_keep_a_name_and_an_address(
    statuses: list[str], kept: bool
) -> None:
    user_id, other_id = new_customer(), new_customer()
    [order, other] = [ended_order(key, statuses) for key in (user_id, other_id)]
    assert run(account_deletion(user_id=user_id)).state == State.SUCCEEDED
    for row, whole in ((order, kept), (other, True)):
        row.refresh_from_db()
        found = {name: getattr(row, name) for name in SHIP_TO}
        assert found == (SHIP_TO if whole else dict.fromkeys(SHIP_TO, ""))


def ended_order(user_id: int, statuses: list[str]) -> Order:
    """Return an order of the customer with this history."""
    order = Order.objects.create(
        customer_id=user_id,
        status=statuses[-1],
        total=5,
        currency="VND",
        job_id=uuid4(),
        **customers.ship_to(user_ids=[user_id])[user_id],
    )
    for status in statuses:
        OrderEvent.objects.create(order=order, status=status)
    return order
