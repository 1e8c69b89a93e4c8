"""`/sandbox/payments/{page_id}`: the page on which a customer pays, or does not."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tasks.engine import jobs
from tasks.engine.models import Job
from tests.api.callers import Caller
from tests.redirects import choose, look, page_of, waiting
from tests.shopping import at_once, refused
from tests.workflows.cases import run

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def webhooks() -> int:
    return Job.objects.filter(kind="sandbox_webhook").count()


def test_the_page_shows_the_amount_and_two_buttons_and_needs_no_script() -> None:
    response = Client().get(page_of(waiting()))
    page = response.content.decode()
    assert response.status_code == 200
    assert "<h1>100000 VND</h1>" in page
    for outcome in ("paid", "declined"):
        assert f'<button name="outcome" value="{outcome}">' in page
    assert '<form method="post">' in page
    for foreign in ("<script", "src=", "http://", "https://"):
        assert foreign not in page
    assert "no-store" in response["Cache-Control"]


def test_the_page_shows_nothing_of_the_customer_or_the_job() -> None:
    job = waiting()
    page = Client().get(page_of(job)).content.decode()
    for personal in ("An", "Nguyễn", "Lý Thái Tổ", "@example.com", str(job.pk), "tok_"):
        assert f" {personal}" not in page
        assert f">{personal}" not in page


@pytest.mark.parametrize(("outcome", "shown"), [("paid", "Paid."), ("declined", "Declined.")])
def test_a_button_decides_and_the_page_says_so_from_then_on(outcome: str, shown: str) -> None:
    page = page_of(waiting())
    assert choose(page, outcome).startswith(shown)
    assert look(page).startswith(shown)
    assert b"<form" not in Client().get(page).content
    assert webhooks() == 1


def test_a_browser_may_come_from_anywhere_without_login_or_cookie() -> None:
    page = page_of(waiting())
    client = Client(enforce_csrf_checks=True)
    headers = {"Origin": "https://elsewhere.example.com", "Referer": "https://elsewhere.example"}
    response = client.post(page, {"outcome": "paid"}, headers={**headers, **BROWSER})
    assert response.status_code == 200
    assert not response.cookies


def test_the_first_outcome_stands_and_is_told_once() -> None:
    page = page_of(waiting())
    for outcome in ("declined", "paid", "declined"):
        assert choose(page, outcome).startswith("Declined.")
    assert webhooks() == 1


def test_of_many_posts_at_once_one_decides() -> None:
    page = page_of(waiting())
    shown = at_once(lambda outcome: choose(page, outcome), ["paid", "declined"] * 5)
    assert len(set(shown)) == webhooks() == 1


def test_after_the_shop_called_it_off_the_page_says_so() -> None:
    job = waiting()
    page = page_of(job)
    jobs.cancel(job_id=job.pk)
    run(job)
    assert look(page).startswith("This comes too late")
    assert b"<form" not in Client().get(page).content
    assert choose(page, "paid").startswith("Paid, but the shop had called the payment off")
    assert look(page).startswith("Paid, but")


WRONG: list[Any] = [
    {},
    {"outcome": ""},
    {"outcome": "maybe"},
    {"outcome": "PAID"},
    {"outcome": "paid\0"},
    {"outcome": ["paid", "declined"]},
    {"outcome": ["paid", "paid"]},
    {"other": "paid"},
]


@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_anything_else_is_refused_and_decides_nothing(fields: Any) -> None:
    page = page_of(waiting())
    assert refused(Client().post(page, fields), 422, "invalid_input")
    shown = Client().post(page, fields, headers=BROWSER)
    assert shown.status_code == 422
    assert b"Please choose one of the two." in shown.content
    assert look(page).startswith("The sandbox moves no money")
    assert webhooks() == 0


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"outcome": "paid"}'),
        ("text/plain", b"outcome=paid"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"outcome=paid"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 2000)),
        ("application/x-www-form-urlencoded", b"outcome=%ff%fe"),
        ("multipart/form-data", b"outcome=paid"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data; boundary=\xff", b"--x\r\nbroken"),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    page = page_of(waiting())
    for headers in ({}, BROWSER):
        client = Client(raise_request_exception=False)
        response = client.post(page, body, content_type=content_type, headers=headers)
        assert 400 <= response.status_code < 500, response.content
    assert webhooks() == 0


@pytest.mark.parametrize("page_id", [uuid4(), "1", "", "%00", "x" * 1000, f"{uuid4()}/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_that_is_not_there_leads_nowhere(anyone: Caller, method: str, page_id: Any) -> None:
    path = f"/sandbox/payments/{page_id}"
    assert refused(anyone.send(method, path), 404, "not_found")
    assert anyone.send(method, path, **BROWSER).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(anyone: Caller, method: str) -> None:
    page = page_of(waiting())
    assert refused(anyone.send(method, page), 405, "method_not_allowed")


def test_a_form_of_several_parts_will_do() -> None:
    page = page_of(waiting())
    body = b'--x\r\nContent-Disposition: form-data; name="outcome"\r\n\r\npaid\r\n--x--\r\n'
    response = Client().post(page, body, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 200
    assert look(page).startswith("Paid.")
