"""Orders that nobody paid in time are cancelled, each by a job of its own."""

import pytest
from pytest_django import Settings

from shop.orders import selectors as orders
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine.models import Job
from tests.shopping import at_once
from tests.workflows.cases import deliver, new_order, redirected, run, scheduled, visible, write

pytestmark = pytest.mark.django_db(transaction=True)


def age(time: str = "31 minutes") -> None:
    write(f"UPDATE orders_order SET created_at = created_at - interval '{time}'")  # noqa: S608


def cancelling() -> list[Job]:
    """Return the jobs that cancel orders."""
    return list(Job.objects.filter(kind="order_update").order_by("created_at"))


def test_an_unpaid_order_is_cancelled_and_its_stock_is_free() -> None:
    before = visible()["stock"]
    order_id = new_order(token=None)
    age()
    assert run(scheduled("unpaid_orders")).result == {"orders": 1}
    [job] = cancelling()
    assert job.beneficiary_id is not None
    assert run(job).state == "succeeded"
    order = orders.order(order_id=order_id)
    assert order.status == "cancelled"
    assert [(event.status, event.by) for event in order.history.all()] == [
        ("pending", None),
        ("cancelled", None),
    ]
    assert all(reserved == 0 for _, _, reserved in visible()["stock"]), before
    mail = Job.objects.filter(kind="notification").latest("created_at")
    assert "It was not paid in time." in mail.input["body"]
    assert run(scheduled("unpaid_orders")).result == {"orders": 0}


@pytest.mark.parametrize("runs", [2, 8])
def test_any_number_of_runs_make_one_job_for_an_order(runs: int) -> None:
    new_order(token=None)
    age()
    at_once(run, [scheduled("unpaid_orders") for _ in range(runs)])
    assert len(cancelling()) == 1


def test_orders_that_are_young_or_paid_are_left_alone(settings: Settings) -> None:
    new_order()
    age("2 days")
    new_order(token=None)
    assert run(scheduled("unpaid_orders")).result == {"orders": 0}
    age("1 minute")
    settings.SHOP_PAYMENT_WAIT = 59
    assert run(scheduled("unpaid_orders")).result == {"orders": 1}


def test_an_order_whose_checkout_or_payment_is_under_way_is_left_to_it() -> None:
    waiting = redirected()
    order_id = new_order(token=None)
    payment = acceptance.pay(order_id=order_id, method="card", token="tok_flaky", asked=Asked())
    deliver(payment)
    age("2 days")
    assert run(scheduled("unpaid_orders")).result == {"orders": 0}
    waiting.refresh_from_db()
    assert waiting.state == "waiting"
    assert run(payment).state == "succeeded"


def test_after_a_declined_payment_the_time_is_still_that_of_the_order() -> None:
    order_id = new_order(token=None)
    run(acceptance.pay(order_id=order_id, method="card", token="tok_declined", asked=Asked()))
    age()
    assert run(scheduled("unpaid_orders")).result == {"orders": 1}


def test_an_order_whose_cancellation_failed_is_cancelled_by_another_job() -> None:
    order_id = new_order(token=None)
    age()
    run(scheduled("unpaid_orders"))
    write(
        "UPDATE jobs_job SET state = 'failed', due_at = NULL, finished_at = now()"
        " WHERE kind = 'order_update'"
    )
    assert run(scheduled("unpaid_orders")).result == {"orders": 1}
    run(cancelling()[-1])
    assert orders.status(order_id=order_id) == "cancelled"
