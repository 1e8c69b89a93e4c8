"""`GET` and `POST /notifications`, `POST /notifications/{id}/read` (7)."""

from typing import Any

import pytest
from django.core import mail

from shop.core.ids import new_job_id
from shop.notifications import services as notifications
from tasks.engine.models import Job
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import (
    UNKNOWN_ID,
    bought,
    finished,
    new_buyer,
    refused,
    same_answer,
    states,
    user_id,
)

pytestmark = pytest.mark.django_db


def tell(customer: Caller, subject: str = "Hello") -> int:
    """Show the customer a notification."""
    return notifications.record(
        job_id=new_job_id(), user_id=user_id(customer), subject=subject, body="There."
    )


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [note["id"] for note in response.json()["results"]]


def message(customer: Caller, **changes: Any) -> dict[str, Any]:
    return {"user_id": customer.user_id, "subject": "Hello", "body": "There."} | changes


def test_a_notification_is_shown_whole(customer: Caller) -> None:
    note_id = tell(customer)
    body = customer.get("notifications").json()
    created_at = body["results"][0]["created_at"]
    assert created_at.endswith("Z")
    assert body == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": note_id,
                "user_id": customer.user_id,
                "order_id": None,
                "subject": "Hello",
                "body": "There.",
                "read": False,
                "created_at": created_at,
            }
        ],
    }


def test_an_order_is_announced_with_its_id_and_price() -> None:
    buyer = new_buyer()
    order = bought(buyer)
    notes = buyer.get("notifications").json()["results"]
    assert [note["order_id"] for note in notes] == [order["id"]]
    assert "50000 VND" in notes[0]["body"]


def test_a_customer_lists_their_own_the_newest_first(customer: Caller) -> None:
    other = new_customer()
    found = [tell(customer), tell(customer), tell(customer)]
    tell(other)
    assert ids(customer.get("notifications")) == found[::-1]
    assert ids(customer.get(f"notifications?user_id={customer.user_id}")) == found[::-1]


def test_staff_list_everybodys(customer: Caller, staff: Caller) -> None:
    first, second = tell(customer), tell(new_customer())
    assert ids(staff.get("notifications")) == [second, first]
    assert ids(staff.get(f"notifications?user_id={customer.user_id}")) == [first]


def test_the_unread_can_be_told_from_the_read(customer: Caller, staff: Caller) -> None:
    read, unread = tell(customer), tell(customer)
    customer.post(f"notifications/{read}/read")
    assert ids(customer.get("notifications?unread=true")) == [unread]
    assert ids(customer.get("notifications?unread=false")) == [read]
    assert ids(staff.get(f"notifications?user_id={customer.user_id}&unread=true")) == [unread]
    for value in ("1", "yes", "True", ""):
        assert codes(customer.get(f"notifications?unread={value}")) == {"unread": "invalid"}


def test_notifications_come_in_pages(customer: Caller) -> None:
    found = [tell(customer) for _ in range(5)]
    body = customer.get("notifications?page_size=2&unread=true").json()
    walked = [note["id"] for note in body["results"]]
    while body["next"]:
        body = customer.get(body["next"].removeprefix("http://testserver")).json()
        walked += [note["id"] for note in body["results"]]
    assert walked == found[::-1]


def test_anothers_notifications_do_not_exist(anyone: Caller, customer: Caller) -> None:
    other = new_customer()
    note_id = tell(other)
    for path, nowhere in (
        (f"notifications?user_id={other.user_id}", f"notifications?user_id={UNKNOWN_ID}"),
        (f"notifications/{note_id}/read", f"notifications/{UNKNOWN_ID}/read"),
    ):
        method = "POST" if path.endswith("read") else "GET"
        found = customer.send(method, path)
        assert refused(found, 404, "not_found")
        assert same_answer(found, customer.send(method, nowhere))
        assert refused(anyone.send(method, path), 401, "not_authenticated")
    assert refused(anyone.get("notifications"), 401, "not_authenticated")
    assert ids(other.get("notifications?unread=true")) == [note_id]


def test_a_notification_is_read_as_often_as_one_likes(customer: Caller) -> None:
    note_id, other_id = tell(customer), tell(customer)
    before = {note["id"]: note for note in customer.get("notifications").json()["results"]}
    bodies: list[Any] = [None, {}]
    for body in bodies:
        response = customer.post(f"notifications/{note_id}/read", body)
        assert response.status_code == 200
        assert response.json() == before[note_id] | {"read": True}
    after = {note["id"]: note for note in customer.get("notifications").json()["results"]}
    assert after == before | {note_id: before[note_id] | {"read": True}}
    assert not after[other_id]["read"]


def test_only_the_owner_reads_a_notification(customer: Caller, staff: Caller) -> None:
    note_id = tell(customer)
    assert refused(staff.post(f"notifications/{note_id}/read"), 404, "not_found")
    assert ids(customer.get("notifications?unread=true")) == [note_id]


def test_reading_takes_no_fields(customer: Caller) -> None:
    note_id = tell(customer)
    response = customer.post(f"notifications/{note_id}/read", {"read": False})
    assert codes(response) == {"read": "unknown_field"}
    assert ids(customer.get("notifications?unread=true")) == [note_id]


def test_staff_tell_a_customer_in_the_app_and_by_mail(customer: Caller, staff: Caller) -> None:
    text = "Your book is back.\nWe kept one for you."
    accepted = staff.post("notifications", message(customer, subject="Tin vui", body=text))
    assert accepted.json()["kind"] == "notification"
    job = finished(staff, accepted)
    assert job["state"] == "succeeded"
    assert states(job) == {"record": "done", "send_mail": "done"}
    assert customer.get(accepted["Location"]).json() == job
    (note,) = customer.get("notifications").json()["results"]
    assert job["result"]["notification_id"] == note["id"]
    assert (note["subject"], note["body"]) == ("Tin vui", text)
    assert (note["order_id"], note["read"]) == (None, False)
    (sent,) = mail.outbox
    assert sent.to == [customer.get("me").json()["email"]]
    assert (sent.subject, sent.body) == ("Tin vui", text)
    assert job["id"] in sent.extra_headers["Message-ID"]


def test_a_repeat_is_the_same_job_and_tells_once(customer: Caller, staff: Caller) -> None:
    first = staff.post("notifications", message(customer), Idempotency_Key="a")
    finished(staff, first)
    again = staff.post("notifications", message(customer), Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert len(ids(customer.get("notifications"))) == len(mail.outbox) == 1
    other = staff.post("notifications", message(customer, body="Not."), Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"user_id": "1"}, {"user_id": "invalid"}),
        ({"user_id": True}, {"user_id": "invalid"}),
        ({"subject": ""}, {"subject": "blank"}),
        ({"subject": 5}, {"subject": "invalid"}),
        ({"subject": None}, {"subject": "null"}),
        ({"subject": "a\nBcc: b@example.org"}, {"subject": "invalid"}),
        ({"subject": "x" * 201}, {"subject": "max_length"}),
        ({"body": " "}, {"body": "blank"}),
        ({"body": ["a"]}, {"body": "invalid"}),
        ({"body": "a\x00"}, {"body": "invalid"}),
        ({"body": "x" * 10_001}, {"body": "max_length"}),
        ({"order_id": 1}, {"order_id": "unknown_field"}),
        ({"read": True}, {"read": "unknown_field"}),
    ],
)
def test_input_is_strict(
    customer: Caller, staff: Caller, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert codes(staff.post("notifications", message(customer, **changes))) == expected
    assert not Job.objects.exists()


def test_every_field_is_needed(staff: Caller) -> None:
    assert codes(staff.post("notifications", {})) == {
        "user_id": "required",
        "subject": "required",
        "body": "required",
    }


def test_a_customer_that_nobody_is_cannot_be_told(customer: Caller, staff: Caller) -> None:
    for nobody in (UNKNOWN_ID, 0, -1, 2**63):
        response = staff.post("notifications", message(customer, user_id=nobody))
        assert refused(response, 404, "not_found")
    assert not Job.objects.exists()


def test_only_staff_tell_customers(anyone: Caller, customer: Caller) -> None:
    for body in (message(customer), {"x": 1}):
        assert refused(anyone.post("notifications", body), 401, "not_authenticated")
        assert refused(customer.post("notifications", body), 403, "forbidden")
    assert not Job.objects.exists()


def test_other_methods_are_405(customer: Caller) -> None:
    note_id = tell(customer)
    for method in ("PUT", "PATCH", "DELETE"):
        assert refused(customer.send(method, "notifications"), 405, "method_not_allowed")
    for method in ("GET", "PUT", "DELETE"):
        path = f"notifications/{note_id}/read"
        assert refused(customer.send(method, path), 405, "method_not_allowed")
