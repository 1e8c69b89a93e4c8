"""DELETE /accounts/{account_id} (4.2)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from shop.customers.models import Account
from tasks.engine.models import Job, State
from tests.api.callers import Caller, log_in, new_staff
from tests.shopping import (
    UNKNOWN_ID,
    at_once,
    bought,
    fill,
    finished,
    job_of,
    new_buyer,
    refused,
    same_answer,
    states,
)
from tests.workflows.cases import deliver, new_book, run

pytestmark = pytest.mark.django_db

PASSWORD = "chín mươi chín đoá hồng"
LAN = {
    "username": "Lan.Hoa",
    "password": PASSWORD,
    "email": "lan.hoa@example.org",
    "address": "17 ngõ Huyện",
    "city": "Ninh Bình",
    "country": "Đại Việt",
    "first_name": "Bạch Lan",
    "last_name": "Tôn Nữ",
}


@pytest.fixture
def buyer() -> Caller:
    """Return a customer with a cart, as a registration makes them."""
    found = new_buyer()
    account = account_of(found)
    account.job_id = uuid4()
    account.save()
    return found


@pytest.fixture
def cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def account_of(caller: Caller) -> Account:
    assert caller.account_id is not None
    return Account.objects.get(pk=caller.account_id)


def path(caller: Caller) -> str:
    return f"accounts/{caller.account_id}"


def register() -> Caller:
    """Register Lan, and log her in."""
    anyone = Caller()
    job = finished(anyone, anyone.post("registrations", LAN))
    assert job["state"] == "succeeded", job
    return log_in(Account.objects.get(pk=job["result"]["account_id"]))


def work_off() -> None:
    """Do what the workers would do with all jobs."""
    while waiting := Job.objects.exclude(due_at=None).order_by("pk"):
        for job in waiting:
            deliver(job)


def delete(caller: Caller, by: Caller) -> dict[str, Any]:
    """Delete the caller's account and return the job as staff see it at its end."""
    accepted = by.delete(path(caller))
    assert accepted.status_code == 202, accepted.content
    work_off()
    job: dict[str, Any] = new_staff().get(accepted["Location"]).json()
    return job


def test_the_owner_deletes_their_account(buyer: Caller, staff: Caller) -> None:
    accepted = buyer.delete(path(buyer))
    assert accepted.status_code == 202
    assert (accepted.json()["kind"], accepted.json()["state"]) == ("account_deletion", "queued")
    # From here on nobody speaks for it, whatever its job does.
    assert refused(buyer.get("me"), 401, "invalid_token")
    assert refused(buyer.delete(path(buyer)), 401, "invalid_token")

    run(job_of(accepted))
    job = staff.get(accepted["Location"]).json()
    assert job["state"] == "succeeded", job
    assert set(states(job).values()) == {"done"}
    assert job["result"] == {"account_id": buyer.account_id, "user_id": buyer.user_id}


def test_staff_delete_an_account_once_for_a_key(buyer: Caller, staff: Caller) -> None:
    first = staff.delete(path(buyer), Idempotency_Key="a")
    run(job_of(first))
    again = staff.delete(path(buyer), Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "succeeded")
    assert Job.objects.count() == 1


def test_an_account_that_is_being_deleted_is_not_deleted_again(
    buyer: Caller, staff: Caller
) -> None:
    first = staff.delete(path(buyer))
    assert refused(staff.delete(path(buyer), Idempotency_Key="a"), 409, "account_closed")
    run(job_of(first))
    gone = staff.delete(path(buyer), Idempotency_Key="a")
    assert same_answer(gone, staff.delete(f"accounts/{UNKNOWN_ID}"))
    assert refused(gone, 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_any_number_of_requests_at_once_make_one_job(buyer: Caller) -> None:
    callers = [log_in(account_of(buyer)) for _ in range(6)]
    answers = at_once(lambda caller: caller.delete(path(buyer)), callers)
    assert sorted(answer.status_code for answer in answers)[0] == 202
    assert {answer.status_code for answer in answers} <= {202, 401, 409}
    assert Job.objects.count() == 1


def test_anothers_account_is_as_if_there_were_none(
    anyone: Caller, customer: Caller, buyer: Caller
) -> None:
    there = customer.delete(path(buyer))
    assert refused(there, 404, "not_found")
    assert same_answer(there, customer.delete(f"accounts/{UNKNOWN_ID}"))
    assert refused(anyone.delete(path(buyer)), 401, "not_authenticated")
    assert buyer.get("me").status_code == 200


def test_it_takes_no_fields(buyer: Caller) -> None:
    assert buyer.delete(path(buyer), {"force": True}).status_code == 422
    assert buyer.delete(f"{path(buyer)}?force=true").status_code == 422
    assert buyer.get("me").status_code == 200


def test_an_account_that_a_command_made_is_protected(staff: Caller) -> None:
    for caller in (staff, new_staff()):
        response = caller.delete(path(staff))
        assert refused(response, 409, "account_protected")
        assert "ensure_admin" in response.json()["detail"]
    assert staff.get("me").status_code == 200


def test_an_open_order_stands_against_it(buyer: Caller, staff: Caller) -> None:
    order = bought(buyer)
    work_off()
    for status in (None, "processing", "shipped"):
        if status:
            finished(staff, staff.patch(f"orders/{order['id']}", {"status": status}))
        response = buyer.delete(path(buyer), Idempotency_Key="a")
        assert refused(response, 409, "orders_open"), status
        assert buyer.get("me").status_code == 200
    finished(staff, staff.patch(f"orders/{order['id']}", {"status": "delivered"}))
    assert buyer.delete(path(buyer), Idempotency_Key="a").status_code == 202


def test_an_order_not_paid_yet_stands_against_it(buyer: Caller) -> None:
    order = bought(buyer, token=None)
    work_off()
    assert refused(buyer.delete(path(buyer)), 409, "orders_open")
    finished(buyer, buyer.patch(f"orders/{order['id']}", {"status": "cancelled"}))
    assert buyer.delete(path(buyer)).status_code == 202


def test_a_refused_deletion_lets_its_owner_log_in_again(buyer: Caller) -> None:
    account = account_of(buyer)
    accepted = buyer.delete(path(buyer))
    new_staff().post(f"jobs/{accepted.json()['id']}/cancel")
    assert run(job_of(accepted)).state == State.CANCELLED
    assert refused(buyer.get("me"), 401, "invalid_token")
    assert log_in(account).get("me").status_code == 200


def test_nobody_finds_the_customer_any_more(buyer: Caller, staff: Caller) -> None:
    order = bought(buyer)
    for status in ("processing", "shipped", "delivered"):
        finished(staff, staff.patch(f"orders/{order['id']}", {"status": status}))
    fill(buyer, {new_book(copies=5): 1})
    assert delete(buyer, by=staff)["state"] == "succeeded"
    customer = f"customers/{buyer.user_id}"
    cart = f"carts/{buyer.user_id}"
    item = {"product_id": new_book(copies=5), "quantity": 1}
    for method, place, body in (
        ("GET", customer, None),
        ("PATCH", customer, {"city": "Huế"}),
        ("GET", cart, None),
        ("POST", f"{cart}/items", item),
        ("PUT", f"{cart}/items/{item['product_id']}", {"quantity": 1}),
        ("DELETE", f"{cart}/items", None),
        ("POST", "checkouts", {"user_id": buyer.user_id}),
        ("POST", "notifications", {"user_id": buyer.user_id, "subject": "A", "body": "B"}),
    ):
        assert refused(staff.send(method, place, body), 404, "not_found"), (method, place)
    assert staff.get(f"notifications?user_id={buyer.user_id}").json()["results"] == []
    # What was bought, staff still find, and can take back.
    assert staff.get(f"orders?user_id={buyer.user_id}").json()["results"][0]["id"] == order["id"]
    assert staff.get(f"orders/{order['id']}/payments").json()["results"][0]["status"] == "captured"
    back = finished(staff, staff.patch(f"orders/{order['id']}", {"status": "returned"}))
    assert (back["state"], back["result"]["status"]) == ("succeeded", "returned")


def test_the_username_and_the_email_are_free_for_others(cheap_hashes: None, anyone: Caller) -> None:
    lan = register()
    credentials = {"username": LAN["username"], "password": PASSWORD}
    assert anyone.post("auth/login", credentials).status_code == 200
    assert delete(lan, by=lan)["state"] == "succeeded"
    assert refused(anyone.post("auth/login", credentials), 401, "invalid_credentials")
    again = register()
    assert again.account_id != lan.account_id
    assert anyone.post("auth/login", credentials).status_code == 200


def test_nothing_registers_as_a_deleted_account(cheap_hashes: None, anyone: Caller) -> None:
    lan = register()
    delete(lan, by=lan)
    erased = account_of(lan)
    taken = {**LAN, "username": erased.username, "email": erased.email}
    found = anyone.post("registrations", taken).json()["errors"]
    assert {(error["field"], error["code"]) for error in found} == {
        ("username", "invalid"),
        ("email", "invalid"),
    }


def holding(words: set[str]) -> set[str]:
    """Return the tables of the whole database in which one of these words stands."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')  # noqa: S608
            text = cursor.fetchone()[0] or ""
            if any(word in text for word in words):
                found.add(table)
    return found


def personal(lan: Caller) -> set[str]:
    """Return what is Lan's and nobody else's."""
    words = {value for name, value in LAN.items() if name != "password"}
    return words | {account_of(lan).password}


def live(lan: Caller, staff: Caller) -> None:
    """Have Lan do what leaves traces: orders that fail, are cancelled, and a cart, and mail."""
    bought(lan, token="tok_declined")
    cancelled = bought(lan, token=None)
    work_off()
    # Again, too: a job that changes nothing answers with the whole order all the same.
    for _ in range(2):
        finished(lan, lan.patch(f"orders/{cancelled['id']}", {"status": "cancelled"}))
    lan.post("auth/login", {"username": LAN["username"], "password": PASSWORD})
    note = {"user_id": lan.user_id, "subject": f"Dear {LAN['first_name']}", "body": LAN["email"]}
    finished(staff, staff.post("notifications", note))
    fill(lan, {new_book(copies=5): 1})
    work_off()


def test_no_table_holds_who_it_was(cheap_hashes: None, staff: Caller) -> None:
    lan = register()
    live(lan, staff)
    words = personal(lan)
    # The test sees what there is to see.
    assert all(holding({word}) for word in words)
    assert holding(words) >= {
        "customers_account",
        "customers_fullname",
        "customers_address",
        "notifications_notification",
        "orders_order",
        "jobs_job",
    }
    job = delete(lan, by=lan)
    assert job["state"] == "succeeded", job
    assert holding(words) == set()


def test_of_a_paid_order_the_invoice_alone_holds_it(cheap_hashes: None, staff: Caller) -> None:
    lan = register()
    live(lan, staff)
    order = bought(lan)
    for status in ("processing", "shipped", "delivered"):
        finished(staff, staff.patch(f"orders/{order['id']}", {"status": status}))
    words = personal(lan)
    assert delete(lan, by=staff)["state"] == "succeeded"
    assert holding(words) == {"orders_order"}
    kept = staff.get(f"orders/{order['id']}").json()["ship_to"]
    assert kept == {name: LAN[name] for name in kept}
    others = [o for o in staff.get("orders").json()["results"] if o["id"] != order["id"]]
    assert len(others) == 2
    assert all(set(o["ship_to"].values()) == {""} for o in others)
