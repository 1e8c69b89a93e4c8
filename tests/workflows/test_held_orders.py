"""A pending order is its checkout's or payment's until that has ended, whoever else wants it."""

import pytest

from shop.orders import selectors as orders
from shop.orders import services as order_writes
from shop.orders.services import InvalidTransition
from shop.payments.services import OrderNotPayable
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tests.orders import broken
from tests.workflows.cases import CASES, checkout_of_a_full_cart, deliver, new_order, run, update

pytestmark = pytest.mark.django_db(transaction=True)


def waiting_checkout() -> tuple[Job, int]:
    """Return a checkout that waits for its customer, and its order's id."""
    job = deliver(deliver(checkout_of_a_full_cart(token="tok_redirect")))
    assert job.state == State.WAITING
    return job, int(job.data["order_id"])


def told(job: Job) -> int:
    """Return how many notifications were started for the customer of this job."""
    return Job.objects.filter(kind="notification", beneficiary=job.beneficiary).count()


def test_an_update_that_is_called_off_leaves_the_order_to_its_checkout() -> None:
    checkout, order_id = waiting_checkout()
    wanted = update(order_id, "cancelled")
    jobs.cancel(job_id=wanted.pk)
    assert run(wanted).state == State.CANCELLED
    assert jobs.is_active(job_id=checkout.pk)
    with pytest.raises(OrderNotPayable):
        acceptance.pay(order_id=order_id, method="card", token="tok_ok", asked=Asked())
    assert run(checkout).state == State.CANCELLED
    assert orders.status(order_id=order_id) == "cancelled"
    assert broken() == []


def test_the_second_update_waits_for_the_checkout_and_not_for_the_first() -> None:
    checkout, order_id = waiting_checkout()
    first, second = update(order_id, "cancelled"), update(order_id, "cancelled")
    jobs.cancel(job_id=first.pk)
    run(first)
    assert deliver(second).state == State.WAITING
    assert run(checkout).state == State.CANCELLED
    assert run(second).state == State.SUCCEEDED
    assert broken() == []


def test_whoever_cancels_an_order_in_its_checkout_has_the_customer_told_once() -> None:
    checkout, order_id = waiting_checkout()
    first, second = update(order_id, "cancelled"), update(order_id, "cancelled")
    run(checkout)
    before = told(checkout)
    assert run(first).state == run(second).state == State.SUCCEEDED
    assert told(checkout) == before + 1


def test_nobody_begins_to_pay_what_is_about_to_be_cancelled() -> None:
    order_id = new_order(token=None)
    wanted = update(order_id, "cancelled")
    with pytest.raises(OrderNotPayable):
        acceptance.pay(order_id=order_id, method="card", token="tok_ok", asked=Asked())
    assert run(wanted).state == State.SUCCEEDED


def test_a_paid_order_is_not_closed_as_if_it_were_pending() -> None:
    order_id = new_order()
    job = Job.objects.get(kind="checkout")
    with pytest.raises(InvalidTransition):
        order_writes.close(order_id=order_id, outcome="cancelled", by=None, job_id=job.pk)


def test_a_late_payment_cannot_be_called_off() -> None:
    job = CASES["late_payment"]()()
    with pytest.raises(jobs.JobPastCancel):
        jobs.cancel(job_id=job.pk)
    assert run(job).state == State.SUCCEEDED
