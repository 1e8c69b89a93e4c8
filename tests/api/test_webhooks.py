"""`POST /webhooks/payments/{provider}` (6): what a provider tells, and what anybody may try."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from api import throttling
from shop.payments.models import Event
from tasks.engine.models import Job
from tests.api.callers import Caller
from tests.redirects import PATH, choose, key_of, message, page_of, post, signed, waiting
from tests.shopping import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)


def jobs_of(kind: str) -> int:
    return Job.objects.filter(kind=kind).count()


def events() -> list[tuple[str, str, str]]:
    return list(Event.objects.order_by("id").values_list("event_id", "kind", "key"))


def signals(job: Job) -> int:
    job.refresh_from_db()
    return job.signals


# What it does


def test_a_message_is_recorded_and_wakes_the_job_that_waits_for_it() -> None:
    job = waiting()
    body = message(key_of(job))
    response = post(body, signed(body, message_id="msg_1"))
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert events() == [("msg_1", "payment.paid", key_of(job))]
    assert signals(job) == 1
    assert job.publications == 1


def test_a_repeat_is_answered_alike_and_does_nothing() -> None:
    job = waiting()
    body = message(key_of(job))
    first = post(body, signed(body, message_id="msg_1"))
    again = post(body, signed(body, message_id="msg_1"))
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(events()) == signals(job) == 1


def test_twenty_copies_at_once_are_recorded_once() -> None:
    job = waiting()
    body = message(key_of(job))
    headers = signed(body, message_id="msg_1")
    responses = at_once(lambda _: post(body, headers), range(20))
    assert {response.status_code for response in responses} == {200}
    assert len(events()) == signals(job) == 1


def test_twenty_copies_at_once_of_money_for_which_no_job_waits_start_one_job() -> None:
    body = message(f"{uuid4()}:take_payment")
    headers = signed(body, message_id="msg_1")
    responses = at_once(lambda _: post(body, headers), range(20))
    assert {response.status_code for response in responses} == {200}
    assert jobs_of("late_payment") == 1


def test_nobody_trusts_what_it_says() -> None:
    job = waiting()
    post(message(key_of(job)))
    page = Client().get(page_of(job))
    assert b"What should happen" in page.content
    job.refresh_from_db()
    assert job.state == "waiting"


@pytest.mark.parametrize("kind", ["payment.declined", "payment.refunded", "", None, 7])
def test_only_money_starts_a_job_where_none_waits(kind: Any) -> None:
    assert post(message(f"{uuid4()}:take_payment", kind)).status_code == 200
    assert len(events()) == 1
    assert jobs_of("late_payment") == 0


@pytest.mark.parametrize("key", ["\0", "\0take_payment", "x" * 200])
def test_money_for_a_key_that_no_charge_can_have_starts_no_job(key: str) -> None:
    assert post(message(f"{uuid4()}:{key}")).status_code == 200
    assert [event[2] for event in events()] == [""]
    assert jobs_of("late_payment") == 0


KEYS: list[Any] = ["", "x", None, 7, [], {}, "x" * 10_000, "\0", f"{uuid4()}\0:a"]
KINDS: list[Any] = ["x" * 10_000, "\0", [], "tiền"]
BODIES: list[Any] = [None, 7, "x", [], {}, {"data": []}, {"data": 1}]
STRANGE = [
    *(message(key) for key in KEYS),
    *(message(f"{uuid4()}:a", kind) for kind in KINDS),
    *(json.dumps(body).encode() for body in BODIES),
    b'{"type": 1e400, "data": {"key": 1e400}}',
]


@pytest.mark.parametrize("body", STRANGE, ids=lambda body: body[:60].decode())
def test_what_says_nothing_to_the_shop_is_recorded(body: bytes) -> None:
    response = post(body)
    assert response.status_code == 200, response.content
    assert len(events()) == 1


def test_any_content_type_will_do() -> None:
    body = message("x")
    for content_type in ("text/plain", "application/json; charset=utf-16", "multipart/form-data"):
        response = Client().generic("POST", PATH, body, content_type, headers=signed(body))
        assert response.status_code == 200, response.content


def test_it_asks_for_no_token_and_looks_at_none() -> None:
    body = message("x")
    headers = {**signed(body), "Authorization": "Bearer expired"}
    assert post(body, headers).status_code == 200


def test_no_message_is_refused_because_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "RATES", dict.fromkeys(throttling.RATES, 0))
    assert post(message("x")).status_code == 200


# What it refuses


def forged(name: str) -> tuple[bytes, dict[str, str]]:
    """Return a message and headers that the provider did not make, or not lately."""
    body = message(f"{uuid4()}:take_payment")
    good = signed(body)
    signature = good["webhook-signature"]
    other = base64.b64encode(b"another secret of the same size").decode()
    now = datetime.now(UTC)
    found: dict[str, tuple[bytes, dict[str, str]]] = {
        "no headers": (body, {}),
        "no signature": (body, {**good, "webhook-signature": ""}),
        "another body": (message("x"), good),
        "another secret": (body, signed(body, secret=other)),
        "another id": (body, {**good, "webhook-id": "msg_other"}),
        "another time": (body, {**good, "webhook-timestamp": str(int(now.timestamp()) - 9)}),
        "replayed": (body, signed(body, at=now - timedelta(minutes=6))),
        "from the future": (body, signed(body, at=now + timedelta(minutes=6))),
        "no time": (body, {**good, "webhook-timestamp": "yesterday"}),
        "no number": (body, {**good, "webhook-timestamp": "nan"}),
        "endless": (body, {**good, "webhook-timestamp": "1e999"}),
        "another version": (body, {**good, "webhook-signature": signature.replace("v1", "v2")}),
        "no base64": (body, {**good, "webhook-signature": "v1,a"}),
        "no version": (body, {**good, "webhook-signature": "a"}),
        "commas": (body, {**good, "webhook-signature": "v1,,,"}),
        "no ASCII": (body, {**good, "webhook-signature": "v1,é"}),
        "no UTF-8": (b"\xff\xfe", signed(b"\xff\xfe")),
        "the secret": (body, {**good, "webhook-signature": settings.SHOP_SANDBOX_WEBHOOK_SECRET}),
    }
    return found[name]


FORGED = [
    *("no headers", "no signature", "another body", "another secret", "another id"),
    *("another time", "replayed", "from the future", "no time", "no number", "endless"),
    *("another version", "no base64", "no version", "commas", "no ASCII", "no UTF-8"),
    "the secret",
]


@pytest.mark.parametrize("name", FORGED)
def test_what_the_provider_did_not_sign_is_refused_and_not_recorded(name: str) -> None:
    body, headers = forged(name)
    assert refused(post(body, headers), 400, "invalid_signature")
    assert events() == []
    assert jobs_of("late_payment") == 0


@pytest.mark.parametrize("message_id", ["x" * 256, "a b", "é"])
def test_an_id_that_cannot_be_kept_is_refused(message_id: str) -> None:
    body = message("x")
    assert refused(post(body, signed(body, message_id=message_id)), 400, "bad_request")
    assert events() == []


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[" * 100_000, b'{"a": 1, "a": 2}'])
def test_a_signed_body_that_is_no_json_is_refused(body: bytes) -> None:
    assert refused(post(body), 400, "malformed_json")
    assert events() == []


def test_a_body_above_one_mebibyte_is_refused() -> None:
    body = message("x" * 1024 * 1024)
    assert refused(post(body), 413, "too_large")


@pytest.mark.parametrize("name", ["nobody", "Sandbox", "manual", "%00", "é"])
def test_a_provider_that_the_shop_has_not_leads_nowhere(name: str) -> None:
    path = PATH.replace("sandbox", name)
    assert refused(post(message("x"), path=path), 404, "not_found")


def test_it_can_only_be_posted_to(anyone: Caller) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert refused(anyone.send(method, PATH), 405, "method_not_allowed")


def test_however_many_messages_come_a_job_that_waits_is_sent_on_its_way_once() -> None:
    job = waiting()
    choose(page_of(job), "paid")
    for _ in range(3):
        assert post(message(key_of(job))).status_code == 200
    assert signals(job) == 3
    assert job.publications == 1
    assert jobs_of("late_payment") == 0
