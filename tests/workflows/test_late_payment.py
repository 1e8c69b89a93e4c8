"""Money that a provider takes after the shop has called the charge off."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from shop.notifications.models import Notification
from shop.payments import providers
from shop.payments import services as payments
from shop.payments.models import Payment, Refund
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.workflows import LATE_PAYMENT
from tests.redirects import (
    choose,
    key_of,
    message,
    page_of,
    post,
    send_webhook,
    signed,
    waiting,
)
from tests.shopping import at_once
from tests.workflows.cases import deliver, run, visible

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNT = Decimal(100_000)


def called_off() -> tuple[Job, str]:
    """Return a checkout that was cancelled while its customer was away, and the customer's page."""
    job = waiting()
    page = page_of(job)
    jobs.cancel(job_id=job.pk)
    assert run(job).state == "cancelled"
    return job, page


def late_jobs() -> list[Job]:
    return list(Job.objects.filter(kind="late_payment").order_by("id"))


def start(job: Job) -> Job:
    given = {"provider": "sandbox", "charge_key": key_of(job)}
    return jobs.start(LATE_PAYMENT, input=given)


def refunded(job: Job) -> Decimal:
    """Return what the provider has given back of the job's charge."""
    return providers.provider(name="sandbox").look_up(key=key_of(job)).refunded


def test_late_money_is_given_back_once_and_the_customer_told_once() -> None:
    job, page = called_off()
    choose(page, "paid")
    send_webhook()
    [late] = late_jobs()
    run(late)
    assert (late.state, late.result) == ("succeeded", {"refunded": True})
    assert refunded(job) == AMOUNT
    payment = Payment.objects.get(key=key_of(job))
    assert (payment.status, payment.refunding, payment.refunded) == ("refunded", AMOUNT, AMOUNT)
    assert [refund.amount for refund in payment.refunds.exclude(done_at=None)] == [AMOUNT]
    [told] = Notification.objects.all()
    assert (told.order_id, told.customer_id) == (payment.order_id, payment.order.customer_id)
    assert "too late" in told.subject
    [mail] = Job.objects.filter(kind="notification")
    account_id = payment.order.customer.account_id
    assert {mail.beneficiary_id, late.beneficiary_id} == {account_id}


def test_several_messages_of_one_charge_give_it_back_once() -> None:
    job, page = called_off()
    choose(page, "paid")
    body = message(key_of(job))
    at_once(lambda number: post(body, signed(body, message_id=f"m{number}")), range(5))
    assert len(late_jobs()) == 5
    # All have looked before the first one acts.
    for _ in range(2):
        for late in late_jobs():
            deliver(late)
    assert [run(late).state for late in late_jobs()] == ["succeeded"] * 5
    assert refunded(job) == AMOUNT
    assert Refund.objects.count() == Notification.objects.count() == 1
    assert run(start(job)).result == {"refunded": False}


def test_it_waits_until_the_job_that_made_the_charge_has_ended() -> None:
    job = waiting()
    page = page_of(job)
    jobs.cancel(job_id=job.pk)
    deliver(job)
    assert job.state == "compensating"
    choose(page, "paid")
    send_webhook()
    [late] = late_jobs()
    assert deliver(late).state == "waiting"
    run(job)
    # The money had come before the shop called it off: that gave it back.
    assert run(late).result == {"refunded": False}
    assert refunded(job) == 0
    assert visible()["charges"] == []
    assert not Notification.objects.exists()


def test_a_stuck_job_is_waited_for() -> None:
    job, _ = called_off()
    Job.objects.filter(pk=job.pk).update(state="stuck", finished_at=None)
    late = start(job)
    for _ in range(3):
        assert deliver(late).state == "waiting"


def test_an_order_that_was_paid_with_another_card_keeps_that_payment() -> None:
    job, page = called_off()
    order_id = Payment.objects.get(key=key_of(job)).order_id
    payments.record(
        order_id=order_id,
        key="another",
        method="card",
        amount=AMOUNT,
        currency="VND",
        charge_status="captured",
    )
    choose(page, "paid")
    assert run(start(job)).result == {"refunded": True}
    statuses = Payment.objects.filter(order_id=order_id).order_by("id").values_list("status")
    assert list(statuses) == [("refunded",), ("captured",)]


def test_money_that_came_in_time_is_kept() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    run(job)
    assert run(start(job)).result == {"refunded": False}
    assert refunded(job) == 0
    assert Payment.objects.get().status == "captured"


@pytest.mark.parametrize("outcome", ["declined", None])
def test_where_no_money_came_nothing_happens(outcome: str | None) -> None:
    job, page = called_off()
    if outcome:
        choose(page, outcome)
        send_webhook()
    assert late_jobs() == []
    assert run(start(job)).result == {"refunded": False}
    assert Payment.objects.get().status == "voided"


@pytest.mark.parametrize("key", [f"{uuid4()}:take_payment", "nobody's"])
def test_a_charge_that_is_not_the_shops_is_left_alone(key: str) -> None:
    given = {"provider": "sandbox", "charge_key": key}
    assert run(jobs.start(LATE_PAYMENT, input=given)).result == {"refunded": False}


def test_a_job_of_which_nothing_is_left_leads_to_its_payment() -> None:
    job, page = called_off()
    job_id: UUID = job.pk
    Job.objects.filter(pk=job_id).delete()
    choose(page, "paid")
    send_webhook()
    [late] = late_jobs()
    assert run(late).result == {"refunded": True}
