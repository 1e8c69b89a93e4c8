"""A checkout whose customer pays on the provider's page, and when the shop hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from shop.payments import providers
from shop.payments import services as payments
from shop.payments.models import Event, Payment
from shop.payments.providers import CustomerMustAct
from shop.payments.sandbox.webhooks import WebhookNotTaken, send
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.engine.workflow import LEASE
from tests import gateway
from tests.redirects import (
    PATH,
    choose,
    key_of,
    last_webhook,
    look,
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


def due_within(job: Job, seconds: float) -> bool:
    """Return whether the job looks again by itself within so many seconds."""
    soon = Now() + timedelta(seconds=seconds)
    return Job.objects.filter(pk=job.pk, due_at__lte=soon).exists()


def charge(job: Job) -> str:
    """Return what the provider says of the job's charge."""
    return providers.provider(name="sandbox").look_up(key=key_of(job)).status


def payment(job: Job) -> str:
    """Return what the shop says of it."""
    return Payment.objects.get(key=key_of(job)).status


def outcome(job: Job) -> tuple[str, str | None]:
    """Return how the job stands, and why."""
    return job.state, job.error["code"] if job.error else None


def assert_paid_once(job: Job) -> None:
    """Assert that the job has come to its end: one charge, one order, one notification."""
    seen = visible()
    assert outcome(job) == ("succeeded", None)
    assert (job.action, charge(job), payment(job)) == (None, "captured", "captured")
    assert [status for _, status, _ in seen["orders"]] == ["paid"]
    assert len(seen["charges"]) == len(seen["payments"]) == len(seen["notifications"]) == 1
    assert not Job.objects.filter(kind="late_payment").exists()


def assert_given_back(job: Job) -> None:
    """Assert that nothing is left of the job: no stock is held, the lines are in the cart."""
    seen = visible()
    assert [reserved for *_, reserved in seen["stock"]] == [0]
    assert [quantity for *_, quantity in seen["carts"]] == [2]
    assert seen["orders"] == seen["payments"] == seen["charges"] == seen["notifications"] == []
    assert job.action is None


def test_while_it_waits_the_customer_is_told_where_to_go() -> None:
    job = waiting()
    assert job.action == {"type": "redirect", "url": f"http://127.0.0.1:8000{page_of(job)}"}
    assert [step["state"] for step in job.steps[1:4]] == ["done", "waiting", "pending"]
    assert (charge(job), payment(job)) == ("pending", "pending")


def test_a_customer_who_pays_is_charged_once() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    assert send_webhook().state == "succeeded"
    assert due_within(job, LEASE)
    assert_paid_once(run(job))


def test_a_customer_who_declines_gets_everything_back() -> None:
    job = waiting()
    choose(page_of(job), "declined")
    send_webhook()
    run(job)
    assert outcome(job) == ("failed", "payment_declined")
    assert (charge(job), payment(job)) == ("declined", "declined")
    assert_given_back(job)


def test_a_customer_who_takes_too_long_gets_everything_back(settings: Settings) -> None:
    job = waiting()
    page = page_of(job)
    settings.SHOP_PAYMENT_WAIT = 0.01
    run(job)
    assert outcome(job) == ("failed", "payment_timeout")
    assert (charge(job), payment(job)) == ("voided", "voided")
    assert_given_back(job)
    assert look(page).startswith("This comes too late")


def test_a_job_that_waits_can_be_cancelled() -> None:
    job = waiting()
    page = page_of(job)
    jobs.cancel(job_id=job.pk)
    assert due_within(job, 0)
    run(job)
    assert job.state == "cancelled"
    assert (charge(job), payment(job)) == ("voided", "voided")
    assert_given_back(job)
    assert look(page).startswith("This comes too late")


def test_a_customer_who_has_paid_when_the_job_is_cancelled_gets_the_money_back() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    jobs.cancel(job_id=job.pk)
    run(job)
    assert job.state == "cancelled"
    send_webhook()
    assert run(Job.objects.get(kind="late_payment")).result == {"refunded": False}
    assert (charge(job), payment(job)) == ("voided", "voided")
    assert_given_back(job)


# When the shop hears of it


def test_a_webhook_that_is_lost_costs_a_minute() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    assert due_within(job, 60)
    assert not due_within(job, 50)
    assert_paid_once(run(job))


def test_a_webhook_that_is_lost_costs_no_more_than_the_time_that_is_left(
    settings: Settings,
) -> None:
    settings.SHOP_PAYMENT_WAIT = 7
    assert due_within(waiting(), 7)


def test_a_job_that_still_waits_looks_again_in_a_minute() -> None:
    job = deliver(waiting())
    assert job.state == "waiting"
    assert due_within(job, 60)
    assert not due_within(job, 50)


def test_a_webhook_before_the_job_waits_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    real = payments.capture_all

    def capture_all(**asked: Any) -> Any:
        """Pay while the answer that says where to is on its way."""
        (must_act,) = outcomes = real(**asked)
        assert isinstance(must_act, CustomerMustAct)
        monkeypatch.setattr(payments, "capture_all", real)
        choose(must_act.url.removeprefix("http://127.0.0.1:8000"), "paid")
        assert send_webhook().state == "succeeded"
        return outcomes

    monkeypatch.setattr(payments, "capture_all", capture_all)
    job = waiting()
    assert due_within(job, 0)
    assert_paid_once(run(job))


def test_a_webhook_after_the_job_has_ended_changes_nothing() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    run(job)
    send_webhook()
    late = run(Job.objects.get(kind="late_payment"))
    assert (late.state, late.result) == ("succeeded", {"refunded": False})
    late.delete()
    assert_paid_once(job)


def test_a_webhook_that_comes_twice_pays_once() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    body = message(key_of(job))
    headers = signed(body)
    for _ in range(2):
        assert post(body, headers).status_code == 200
    run(job)
    assert post(body, headers).status_code == 200
    assert_paid_once(job)


def test_twenty_webhooks_at_once_pay_once() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    body = message(key_of(job))
    answers = at_once(lambda number: post(body, signed(body, message_id=f"m{number}")), range(20))
    assert {answer.status_code for answer in answers} == {200}
    assert_paid_once(run(job))


def test_a_webhook_that_lies_changes_nothing() -> None:
    job = waiting()
    assert post(message(key_of(job))).status_code == 200
    deliver(job)
    assert (job.state, charge(job), payment(job)) == ("waiting", "pending", "pending")


# How the sandbox sends it


def test_a_webhook_that_is_not_taken_is_sent_again_under_the_same_id(settings: Settings) -> None:
    job = waiting()
    choose(page_of(job), "paid")
    settings.SHOP_SANDBOX_WEBHOOK_URL = "http://127.0.0.1:1/"
    webhook = deliver(last_webhook())
    entry_id = webhook.input["entry_id"]
    assert webhook.state == "waiting"
    assert webhook.due_at is not None
    settings.SHOP_SANDBOX_WEBHOOK_URL = gateway.address() + PATH
    # It arrives, and nobody hears of it: the next attempt is a copy.
    send(entry_id=entry_id, message_id=f"msg_{webhook.pk}")
    assert run(webhook).state == "succeeded"
    assert Event.objects.get().event_id == f"msg_{webhook.pk}"
    assert_paid_once(run(job))


@pytest.mark.parametrize("path", ["/nowhere", "/admin", "/livez"])
def test_an_answer_that_is_not_a_good_one_is_no_delivery(path: str, settings: Settings) -> None:
    choose(page_of(waiting()), "paid")
    entry_id = last_webhook().input["entry_id"]
    settings.SHOP_SANDBOX_WEBHOOK_URL = gateway.address() + path
    with pytest.raises(WebhookNotTaken):
        send(entry_id=entry_id, message_id="msg_1")


def test_the_job_that_sends_it_holds_ids_alone() -> None:
    choose(page_of(waiting()), "paid")
    webhook = last_webhook()
    assert set(webhook.input) == {"entry_id"}
    assert (webhook.owner_id, webhook.beneficiary_id, webhook.secrets) == (None, None, None)
