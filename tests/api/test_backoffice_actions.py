"""Staff act from the back office by starting jobs, through the same door as the API's callers."""

from uuid import UUID

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django_celery_beat.models import PeriodicTask

from api.roles import Role
from shop.customers.models import Account
from shop.orders.models import Order
from tasks.engine import jobs, recovery
from tasks.engine.models import Job
from tasks.workflows import CAPACITY_CHECK
from tests.api.browsers import buttons, log_in, push, told
from tests.api.callers import new_account, new_customer
from tests.shopping import bought, new_buyer
from tests.workflows.cases import CASES, run
from tests.workflows.cases import new_customer as new_registered

pytestmark = pytest.mark.django_db


def new_job() -> Job:
    with transaction.atomic():
        return jobs.start(CAPACITY_CHECK, input={"product_id": 1, "quantity": 1})


def stuck_job() -> Job:
    """Return a job that is stuck behind its pivot."""
    job = CASES["notification"]()()
    Job.objects.filter(pk=job.pk).update(state="stuck", due_at=None)
    return job


def started(browser: Client, response: object) -> Job:
    """Return the job of which the answer tells, worked off."""
    message = told(response)[-1]
    job = jobs.get(job_id=UUID(message.split("job/")[1].split("/")[0]))
    assert f"job {job.pk}</a>" in message
    assert job.owner_id is not None
    return run(job)


def test_a_job_is_cancelled_when_that_is_confirmed(clerk: Client) -> None:
    job = new_job()
    assert buttons(clerk, "jobs_job", job.pk) == {"cancel"}
    asked = push(clerk, "jobs_job", "cancel", job.pk)
    assert f'value="{job.pk}"' in asked.content.decode()
    assert not jobs.get(job_id=job.pk).cancel_requested
    done = push(clerk, "jobs_job", "cancel", job.pk, confirmed="1")
    assert done["Location"] == f"/admin/jobs/job/{job.pk}/change/"
    assert jobs.get(job_id=job.pk).cancel_requested
    assert jobs.get(job_id=job.pk).cancelled_by is not None
    assert buttons(clerk, "jobs_job", job.pk) == set()


def test_what_is_refused_is_told(clerk: Client) -> None:
    job = run(new_job())
    assert job.is_final
    for name in ("cancel", "resume"):
        done = push(clerk, "jobs_job", name, job.pk, confirmed="1")
        assert done.status_code == 302
        message = told(done)[-1]
        assert message.startswith(f"capacity_check {job.pk}: The job ")
    assert buttons(clerk, "jobs_job", job.pk) == set()


def test_a_stuck_job_is_found_and_resumed(clerk: Client) -> None:
    job, other = stuck_job(), new_job()
    front = clerk.get("/admin/")
    values = {figure.title: figure.value for figure in front.context["figures"]}
    assert (values["Under way"], values["Stuck"]) == ("1", "1")
    address = next(x.address for x in front.context["figures"] if x.title == "Stuck")
    listed = clerk.get(address).content.decode()
    assert (str(job.pk) in listed, str(other.pk) in listed) == (True, False)
    assert "resume" in buttons(clerk, "jobs_job", job.pk)
    push(clerk, "jobs_job", "resume", job.pk)
    assert jobs.get(job_id=job.pk).state != "stuck"


def test_the_first_page_says_how_late_jobs_are(clerk: Client) -> None:
    assert b">none<" in clerk.get("/admin/").content
    job = new_job()
    assert b">in 10 s<" in clerk.get("/admin/").content
    Job.objects.filter(pk=job.pk).update(due_at="2020-01-01T00:00Z")
    assert b" s ago<" in clerk.get("/admin/").content


def test_a_jobs_page_shows_its_steps_and_leads_to_its_order(clerk: Client) -> None:
    order = bought(new_buyer())
    page = clerk.get(f"/admin/jobs/job/{order['job_id']}/change/").content.decode()
    for step in jobs.get(job_id=UUID(order["job_id"])).steps:
        assert step["name"] in page
        assert step["started_at"][11:23] in page
    assert f'href="/admin/orders/order/{order["id"]}/change/"' in page
    page = clerk.get(f"/admin/orders/order/{order['id']}/change/").content.decode()
    assert f'href="/admin/jobs/job/{order["job_id"]}/change/"' in page


def test_a_jobs_page_shows_what_befell_it_and_the_list_finds_it(clerk: Client) -> None:
    job, other = new_job(), new_job()
    address = f"/admin/jobs/job/{job.pk}/change/"
    assert 'id="recoveries"' not in clerk.get(address).content.decode()
    undo = {"attempts": 7, "started_at": None, "finished_at": None, "error": None}
    Job.objects.filter(pk=job.pk).update(
        steps=[{**step, "undo": undo} for step in job.steps],
        undo={**undo, "attempts": 8},
        claimed_by="machine:77",
        due_at=Now(),
    )
    recovery.recover({})
    page = clerk.get(address).content.decode()
    undone = ("check_capacity: undo", ">7<", "acceptance: undo", ">8<")
    for text in ('id="recoveries"', "lease_ended", "machine:77", *undone):
        assert text in page
    listed = clerk.get("/admin/jobs/job/?recovered=yes").content.decode()
    assert (str(job.pk) in listed, str(other.pk) in listed) == (True, False)


def test_what_a_job_says_is_text(clerk: Client) -> None:
    job = new_job()
    evil = "<script>alert(1)</script>"
    Job.objects.filter(pk=job.pk).update(
        result={"x": evil}, error={"code": "x", "detail": evil}, action={"url": evil}
    )
    page = clerk.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)") == 3


def test_an_order_goes_its_way_step_by_step(clerk: Client) -> None:
    order = bought(new_buyer())
    ways = {
        "to_processing": {"to_processing", "to_cancelled", "refund"},
        "to_shipped": {"to_shipped", "to_cancelled", "refund"},
        "to_delivered": {"to_delivered", "refund"},
        "to_returned": {"to_returned", "refund"},
    }
    for button, there in ways.items():
        assert buttons(clerk, "orders_order", order["id"]) == there
        done = push(clerk, "orders_order", button, order["id"], confirmed="1")
        job = started(clerk, done)
        assert (job.kind, job.state) == ("order_update", "succeeded")
        assert job.beneficiary_id is not None
        assert Order.objects.get(pk=order["id"]).status == button.removeprefix("to_")


@pytest.mark.parametrize("button", ["to_cancelled", "to_returned", "refund"])
def test_what_costs_money_is_asked_about_first(clerk: Client, button: str) -> None:
    order = bought(new_buyer())
    before = Job.objects.count()
    assert push(clerk, "orders_order", button, order["id"]).status_code == 200
    assert Job.objects.count() == before


def test_what_is_left_of_a_payment_is_refunded_once(clerk: Client) -> None:
    order = bought(new_buyer())
    job = started(clerk, push(clerk, "orders_order", "refund", order["id"], confirmed="1"))
    assert (job.kind, job.state) == ("refund", "succeeded")
    again = push(clerk, "orders_order", "refund", order["id"], confirmed="1")
    assert "job/" not in told(again)[-1]
    page = clerk.get(f"/admin/payments/payment/{order['payment']['id']}/change/")
    assert page.content.decode().count("50000 VND") == 4


def test_what_an_order_cannot_become_is_told(clerk: Client) -> None:
    order = bought(new_buyer())
    done = push(clerk, "orders_order", "to_delivered", order["id"], confirmed="1")
    assert done.status_code == 302
    assert told(done)[-1].startswith(f"order {order['id']}, paid: ")
    assert Order.objects.get(pk=order["id"]).status == "paid"


def test_a_customers_account_is_deleted(clerk: Client) -> None:
    user_id = new_registered()
    asked = push(clerk, "customers_customer", "delete_account", user_id)
    assert "erased for good" in asked.content.decode()
    done = push(clerk, "customers_customer", "delete_account", user_id, confirmed="1")
    job = started(clerk, done)
    assert (job.kind, job.state) == ("account_deletion", "succeeded")
    account = Account.objects.get(customer=user_id)
    assert account.erased_at is not None
    assert job.beneficiary_id == account.pk
    assert buttons(clerk, "customers_customer", user_id) == set()


def test_an_account_that_a_command_made_stays(clerk: Client) -> None:
    customer = new_customer()
    done = push(clerk, "customers_customer", "delete_account", customer.user_id, confirmed="1")
    assert "A command made this account" in told(done)[-1]
    assert Account.objects.get(customer=customer.user_id).is_active


def test_a_row_of_the_timetable_is_started_at_once(operator: Client) -> None:
    row = PeriodicTask.objects.get(task="clean_up")
    push(operator, "django_celery_beat_periodictask", "start_now", row.pk)
    assert Job.objects.get().kind == "clean_up"
    PeriodicTask.objects.filter(pk=row.pk).update(task="gone")
    done = push(operator, "django_celery_beat_periodictask", "start_now", row.pk)
    assert "no such job" in told(done)[-1]


def test_only_superusers_start_what_the_clock_starts(clerk: Client, operator: Client) -> None:
    table, row = "django_celery_beat_periodictask", PeriodicTask.objects.get(task="clean_up")
    push(clerk, table, "start_now", row.pk)
    assert not Job.objects.exists()
    assert buttons(clerk, table, row.pk) == set()
    assert "start_now" in buttons(operator, table, row.pk)


def test_customers_act_on_nothing() -> None:
    job = new_job()
    response = push(log_in(new_account()), "jobs_job", "cancel", job.pk, confirmed="1")
    assert response["Location"].startswith("/admin/login/")
    assert not jobs.get(job_id=job.pk).cancel_requested


def test_another_site_cannot_push_a_button() -> None:
    job = new_job()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(new_account(is_staff=True, roles=Role))
    assert push(browser, "jobs_job", "cancel", job.pk, confirmed="1").status_code == 403
    assert not jobs.get(job_id=job.pk).cancel_requested
