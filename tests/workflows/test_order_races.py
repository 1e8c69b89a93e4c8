"""Several people change one order at the same moment, each over a connection of their own."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from shop.core.errors import Refused
from shop.payments import services as payments
from shop.payments.models import Refund
from shop.payments.services import OrderNotPayable, RefundExceedsPayment
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine.models import Job
from tests.orders import (
    TOTAL,
    books,
    broken,
    checking_out,
    deadlocks,
    ended,
    held,
    order_in,
    status_of,
    work_off,
)
from tests.shopping import at_once
from tests.workflows.cases import deliver, update

# A race is not always the same; what is wrong was seen within so many.
RUNS = range(3)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.parametrize("run", RUNS)]

# What came of a try: a job, or why there is none.
Tried = Job | Refused
Try = Callable[[], Job]


@pytest.fixture(autouse=True)
def nobody_waits_for_each_other() -> Iterator[None]:
    """See that no deadlock was broken: that costs a second, and a retry that hides it."""
    before = deadlocks()
    yield
    assert deadlocks() == before
    attempts = {step["attempts"] for job in Job.objects.all() for step in job.steps}
    assert attempts <= {0, 1}


def all_of(*tries: Try) -> list[Tried]:
    """Try all at one moment, have the jobs worked off by several workers, and return them."""

    def attempt(one: Try) -> Tried:
        try:
            return one()
        except Refused as refusal:
            return refusal

    found = at_once(attempt, tries)
    work_off()
    for job in found:
        if isinstance(job, Job):
            job.refresh_from_db()
    assert broken() == []
    return found


def outcomes(found: list[Tried]) -> list[str]:
    """Return what came of each: how its job ended, or the code of the refusal."""
    ends = [ended(one) if isinstance(one, Job) else (one.code, None) for one in found]
    return sorted(code or state for state, code in ends)


def pay(order_id: int, token: str = "tok_ok") -> Job:
    return acceptance.pay(order_id=order_id, method="card", token=token, asked=Asked())


def refund(order_id: int, amount: int) -> Job:
    return acceptance.refund(order_id=order_id, amount=Decimal(amount), asked=Asked())


@pytest.mark.parametrize("status", ["pending", "paid", "processing"])
def test_two_cancel(run: int, status: str) -> None:
    order_id = order_in(status)
    tried = all_of(*[lambda: update(order_id, "cancelled")] * 2)
    assert outcomes(tried) == ["succeeded"] * 2
    assert (status_of(order_id), held(order_id)) == ("cancelled", 0)
    changed = [job for job in tried if isinstance(job, Job) and job.steps[3]["state"] == "done"]
    assert len(changed) == 1


def test_one_cancels_and_one_ships(run: int) -> None:
    order_id = order_in("processing")
    tried = all_of(lambda: update(order_id, "cancelled"), lambda: update(order_id, "shipped"))
    assert outcomes(tried) == ["invalid_transition", "succeeded"]
    shipped = status_of(order_id) == "shipped"
    assert held(order_id) == (TOTAL if shipped else 0)


def test_two_refund_more_than_there_is(run: int) -> None:
    order_id = order_in("paid")
    tried = all_of(*[lambda: refund(order_id, 200_000)] * 2)
    assert outcomes(tried) == ["refund_exceeds_payment", "succeeded"]
    assert (books(order_id), held(order_id)) == ([("captured", TOTAL, 200_000)], 100_000)


def test_many_promise_more_than_there_is(run: int) -> None:
    order_id = order_in("paid")

    def promise(number: int) -> bool:
        try:
            payments.plan_refund(
                order_id=order_id, key=f"{number}", amount=Decimal(100_000), by=None
            )
        except RefundExceedsPayment:
            return False
        return True

    assert sorted(at_once(promise, range(6))) == [False] * 3 + [True] * 3


def test_one_refunds_and_one_cancels(run: int) -> None:
    order_id = order_in("paid")
    tried = all_of(lambda: refund(order_id, 200_000), lambda: update(order_id, "cancelled"))
    assert outcomes(tried) in (["succeeded"] * 2, ["refund_exceeds_payment", "succeeded"])
    assert (books(order_id), held(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    assert sum(row.amount for row in Refund.objects.all()) == TOTAL


def test_one_pays_and_one_cancels(run: int) -> None:
    order_id = order_in("pending")
    tried = all_of(lambda: pay(order_id), lambda: update(order_id, "cancelled"))
    assert isinstance(tried[1], Job)
    assert ended(tried[1]) == ("succeeded", None)
    assert status_of(order_id) == "cancelled"
    assert held(order_id) == 0


def test_two_pay(run: int) -> None:
    order_id = order_in("pending")
    tried = all_of(*[lambda: pay(order_id)] * 2)
    assert outcomes(tried) == [OrderNotPayable.code, "succeeded"]
    assert (books(order_id), held(order_id)) == ([("captured", TOTAL, 0)], TOTAL)


def test_one_pays_and_one_says_that_it_is_paid(run: int) -> None:
    order_id = order_in("pending")
    tried = all_of(lambda: pay(order_id), lambda: update(order_id, "paid"))
    assert outcomes(tried) in (
        ["invalid_transition", "succeeded"],
        ["order_not_payable", "succeeded"],
    )
    assert status_of(order_id) == "paid"
    assert [status for status, *_ in books(order_id)] == ["captured"]


def test_one_cancels_while_the_checkout_goes_on(run: int) -> None:
    checkout, order_id = checking_out()
    tried = all_of(lambda: update(order_id, "cancelled"), lambda: deliver(checkout))
    assert isinstance(tried[0], Job)
    assert ended(tried[0]) == ("succeeded", None)
    assert (status_of(order_id), held(order_id)) == ("cancelled", 0)
    assert ended(checkout)[0] in ("succeeded", "cancelled")
