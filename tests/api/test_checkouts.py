"""`POST /checkouts` (1.4.4)."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from shop.catalog import services as catalog
from shop.catalog.models import Product
from shop.inventory import selectors as stock
from shop.inventory import services as inventory
from tasks.engine.models import Job
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import (
    CARD,
    UNKNOWN_ID,
    at_once,
    cart_of,
    check_out,
    fill,
    finished,
    job_of,
    new_buyer,
    refused,
    same_answer,
    states,
)
from tests.workflows.cases import deliver, new_book, run, visible

pytestmark = pytest.mark.django_db

STEPS = ["place_order", "reserve_stock", "take_payment", "confirm_order", "notify"]


def order_of(buyer: Caller) -> dict[str, Any]:
    """The buyer's newest order."""
    found: dict[str, Any] = buyer.get("orders").json()["results"][0]
    return found


def charges() -> list[Any]:
    """What was captured and not given back, by the provider's own books."""
    return visible()["charges"]


def test_a_cart_becomes_a_paid_order() -> None:
    first, second = new_book(copies=5, price=79_000), new_book(copies=5, price=1_000)
    buyer = new_buyer({first: 2, second: 3})
    accepted = check_out(buyer)
    assert (accepted.status_code, accepted["Retry-After"]) == (202, "1")
    assert accepted.json()["kind"] == "checkout"
    assert accepted["Location"] == accepted.json()["links"]["self"]
    job = finished(buyer, accepted)
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert list(states(job)) == STEPS
    assert states(job) == dict.fromkeys(STEPS, "done")

    order = buyer.get(job["links"]["resource"]).json()
    assert job["result"] == {"order_id": order["id"], "payment_id": order["payment"]["id"]}
    assert (order["status"], order["total"]) == ("paid", "161000")
    assert order["payment"]["status"] == "captured"
    assert [(line["product_id"], line["quantity"]) for line in order["lines"]] == [
        (first, 2),
        (second, 3),
    ]
    assert stock.item(product_id=first).items() >= {"on_hand": 5, "reserved": 2}.items()
    assert charges() == [(Decimal(161_000),)]
    notes = buyer.get("notifications").json()["results"]
    assert [(note["order_id"], note["read"]) for note in notes] == [(order["id"], False)]


def test_the_cart_is_empty_from_the_202_on_and_takes_things_for_the_next_order() -> None:
    now, later = new_book(copies=5), new_book(copies=5)
    buyer = new_buyer({now: 2})
    accepted = check_out(buyer)
    assert cart_of(buyer) == {}
    fill(buyer, {later: 1})
    finished(buyer, accepted)
    assert [line["product_id"] for line in order_of(buyer)["lines"]] == [now]
    assert cart_of(buyer) == {later: 1}


def test_the_order_holds_titles_and_prices_as_they_were_at_the_202() -> None:
    book_id = new_book(copies=5, price=50_000)
    title = Product.objects.get(pk=book_id).title
    buyer = new_buyer({book_id: 2})
    accepted = check_out(buyer, expected_total="100000")
    Product.objects.filter(pk=book_id).update(price=90_000, title="Changed")
    assert finished(buyer, accepted)["state"] == "succeeded"
    order = order_of(buyer)
    assert order["lines"] == [
        {
            "product_id": book_id,
            "title": title,
            "quantity": 2,
            "unit_price": "50000",
            "line_total": "100000",
        }
    ]
    assert order["total"] == order["payment"]["amount"] == "100000"


def test_without_a_payment_the_order_is_pending_and_its_stock_reserved() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    job = finished(buyer, check_out(buyer, token=None))
    assert job["state"] == "succeeded"
    skipped = {"take_payment": "skipped", "confirm_order": "skipped"}
    assert states(job) == dict.fromkeys(STEPS, "done") | skipped
    order = order_of(buyer)
    assert job["result"] == {"order_id": order["id"], "payment_id": None}
    assert (order["status"], order["payment"]) == ("pending", None)
    assert stock.item(product_id=book_id)["available"] == 3
    assert len(buyer.get("notifications").json()["results"]) == 1
    assert (cart_of(buyer), charges()) == ({}, [])


@pytest.mark.parametrize("token", ["tok_flaky", "tok_timeout"])
def test_a_provider_that_falters_charges_once(token: str) -> None:
    buyer = new_buyer({new_book(copies=1, price=50_000): 1})
    job = finished(buyer, check_out(buyer, token=token))
    assert job["state"] == "succeeded"
    assert job["steps"][2]["attempts"] == {"tok_flaky": 3, "tok_timeout": 2}[token]
    assert charges() == [(Decimal(50_000),)]


@pytest.mark.parametrize("token", ["tok_declined", "tok_insufficient_funds", "tok_unheard_of"])
def test_a_declined_card_gives_everything_back(token: str) -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    before = visible()
    job = finished(buyer, check_out(buyer, token=token))
    assert (job["state"], job["error"]["code"]) == ("failed", "payment_declined")
    assert (job["error"]["status"], job["result"]) == (409, None)
    assert list(states(job).values()) == ["undone", "undone", "failed", "skipped", "skipped"]
    order = order_of(buyer)
    assert (order["status"], order["payment"]["status"]) == ("failed", "declined")
    assert visible() == before
    assert buyer.get("notifications").json()["results"] == []


def test_too_little_stock_fails_with_nothing_charged() -> None:
    plenty, scarce = new_book(copies=5), new_book(copies=1)
    buyer = new_buyer({plenty: 2, scarce: 2})
    before = visible()
    job = finished(buyer, check_out(buyer))
    assert (job["state"], job["error"]["code"]) == ("failed", "insufficient_stock")
    assert list(states(job).values()) == ["undone", "failed"] + ["skipped"] * 3
    assert (order_of(buyer)["status"], order_of(buyer)["payment"]) == ("failed", None)
    assert visible() == before


def test_an_inactive_warehouse_reserves_nothing() -> None:
    buyer = new_buyer({new_book(copies=5): 2})
    inventory.set_up(status="inactive")
    before = visible()
    job = finished(buyer, check_out(buyer))
    assert (job["state"], job["error"]["code"]) == ("failed", "warehouse_inactive")
    assert visible() == before


def test_lines_come_back_beside_what_the_cart_holds_by_then() -> None:
    kept, full, deleted, new = (new_book(copies=1000) for _ in range(4))
    buyer = new_buyer({kept: 2, full: 600, deleted: 3})
    accepted = check_out(buyer, token="tok_declined")
    fill(buyer, {kept: 1, full: 700, new: 4})
    catalog.delete_book(book_id=deleted)
    assert finished(buyer, accepted)["state"] == "failed"
    assert cart_of(buyer) == {kept: 3, full: 1000, new: 4}


def test_a_cancelled_checkout_gives_everything_back() -> None:
    buyer = new_buyer({new_book(copies=5): 2})
    before = visible()
    accepted = check_out(buyer)
    deliver(job_of(accepted))
    assert buyer.post(f"{accepted['Location']}/cancel").status_code == 202
    run(Job.objects.get())
    job = buyer.get(accepted["Location"]).json()
    assert (job["state"], job["error"]) == ("cancelled", None)
    assert (states(job)["place_order"], states(job)["reserve_stock"]) == ("undone", "undone")
    assert (states(job)["confirm_order"], states(job)["notify"]) == ("skipped", "skipped")
    assert order_of(buyer)["status"] == "cancelled"
    assert visible() == before


def test_an_empty_cart_cannot_be_bought() -> None:
    buyer = new_buyer()
    assert refused(check_out(buyer), 409, "cart_empty")
    assert not Job.objects.exists()


def test_another_total_than_the_expected_one_is_refused() -> None:
    book_id = new_book(copies=5, price=50_000)
    buyer = new_buyer({book_id: 2})
    for other in ("100001", "0", 99_999):
        assert refused(check_out(buyer, expected_total=other), 409, "price_changed")
    assert cart_of(buyer) == {book_id: 2}
    assert not Job.objects.exists()
    assert finished(buyer, check_out(buyer, expected_total=100_000))["state"] == "succeeded"


def test_the_expected_total_has_the_decimals_of_the_currency(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    book_id = new_book(copies=5)
    Product.objects.filter(pk=book_id).update(price=Decimal("6.25"))
    buyer = new_buyer({book_id: 2})
    response = check_out(buyer, expected_total="12.500")
    assert codes(response) == {"expected_total": "max_decimal_places"}
    finished(buyer, check_out(buyer, expected_total="12.5"))
    order = order_of(buyer)
    assert (order["total"], order["currency"]) == ("12.50", "EUR")
    assert (order["lines"][0]["unit_price"], order["payment"]["amount"]) == ("6.25", "12.50")


def test_a_product_deleted_since_is_refused_until_it_is_removed() -> None:
    book_id, deleted = new_book(copies=5), new_book(copies=5)
    buyer = new_buyer({book_id: 2, deleted: 1})
    catalog.delete_book(book_id=deleted)
    assert refused(check_out(buyer), 409, "product_unavailable")
    assert cart_of(buyer) == {book_id: 2, deleted: 1}
    buyer.put(f"carts/{buyer.user_id}/items/{deleted}", {"quantity": 0})
    assert finished(buyer, check_out(buyer))["state"] == "succeeded"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"user_id": "1"}, {"user_id": "invalid"}),
        ({"user_id": True}, {"user_id": "invalid"}),
        ({"user_id": None}, {"user_id": "null"}),
        ({"cart": []}, {"cart": "unknown_field"}),
        ({"payment": None}, {"payment": "null"}),
        ({"payment": "tok_ok"}, {"payment": "invalid"}),
        ({"payment": {}}, {"payment.method": "required", "payment.token": "required"}),
        ({"payment": CARD | {"method": "cash"}}, {"payment.method": "invalid_choice"}),
        ({"payment": CARD | {"method": 1}}, {"payment.method": "invalid_choice"}),
        ({"payment": CARD | {"token": 5}}, {"payment.token": "invalid"}),
        ({"payment": CARD | {"token": ""}}, {"payment.token": "blank"}),
        ({"payment": CARD | {"token": "x" * 256}}, {"payment.token": "max_length"}),
        ({"payment": CARD | {"cvv": "123"}}, {"payment.cvv": "unknown_field"}),
        ({"expected_total": 1.0}, {"expected_total": "invalid"}),
        ({"expected_total": "1.0"}, {"expected_total": "max_decimal_places"}),
        ({"expected_total": -1}, {"expected_total": "invalid"}),
        ({"expected_total": "1e3"}, {"expected_total": "invalid"}),
        ({"expected_total": None}, {"expected_total": "null"}),
    ],
)
def test_input_is_strict(changes: dict[str, Any], expected: dict[str, str]) -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    assert codes(check_out(buyer, token=None, **changes)) == expected
    assert cart_of(buyer) == {book_id: 2}
    assert not Job.objects.exists()


def test_whose_cart_it_is_must_be_said() -> None:
    assert codes(new_buyer().post("checkouts", {})) == {"user_id": "required"}


def test_staff_check_out_for_a_customer_who_can_follow_the_job(staff: Caller) -> None:
    buyer = new_buyer({new_book(copies=5): 2})
    accepted = staff.post("checkouts", {"user_id": buyer.user_id, "payment": CARD})
    job = finished(staff, accepted)
    assert job["state"] == "succeeded"
    assert buyer.get(accepted["Location"]).json() == job
    assert new_customer().get(accepted["Location"]).status_code == 404
    order = order_of(buyer)
    assert order["user_id"] == buyer.user_id
    assert [event["by"] for event in order["history"]] == [staff.account_id, None]
    assert len(buyer.get("notifications").json()["results"]) == 1


def test_anothers_cart_does_not_exist(anyone: Caller, staff: Caller) -> None:
    book_id = new_book(copies=5)
    buyer, other = new_buyer({book_id: 2}), new_buyer()
    found = other.post("checkouts", {"user_id": buyer.user_id})
    assert refused(found, 404, "not_found")
    for unknown in (UNKNOWN_ID, 0, -1, 2**63):
        body = {"user_id": unknown}
        assert same_answer(found, other.post("checkouts", body))
        assert refused(staff.post("checkouts", body), 404, "not_found")
    nobodys = anyone.post("checkouts", {"user_id": buyer.user_id})
    assert refused(nobodys, 401, "not_authenticated")
    assert cart_of(buyer) == {book_id: 2}
    assert not Job.objects.exists()


def test_a_repeat_is_the_same_job_whatever_the_cart_holds_by_then() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    body = {"user_id": buyer.user_id, "payment": CARD}
    first = buyer.post("checkouts", body, Idempotency_Key="a")
    again = buyer.post("checkouts", body, Idempotency_Key="a")
    finished(buyer, first)
    fill(buyer, {book_id: 1})
    last = buyer.post("checkouts", body, Idempotency_Key='"a"')
    for response in (again, last):
        assert response["Idempotent-Replayed"] == "true"
        assert response.json()["id"] == first.json()["id"]
    assert last.json()["state"] == "succeeded"
    assert cart_of(buyer) == {book_id: 1}
    assert len(charges()) == 1
    other = buyer.post("checkouts", {"user_id": buyer.user_id}, Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")


def test_a_refusal_leaves_the_key_free() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer()
    body = {"user_id": buyer.user_id, "payment": CARD}
    assert refused(buyer.post("checkouts", body, Idempotency_Key="a"), 409, "cart_empty")
    fill(buyer, {book_id: 2})
    accepted = buyer.post("checkouts", body, Idempotency_Key="a")
    assert finished(buyer, accepted)["state"] == "succeeded"


def test_nothing_shows_the_payments_token() -> None:
    token = "tok_that_nobody_may_see"
    buyer = new_buyer({new_book(copies=5): 2})
    accepted = check_out(buyer, token=token)
    seen = [accepted.content.decode(), str(Job.objects.values())]
    finished(buyer, accepted)
    seen += [str(Job.objects.values()), str(order_of(buyer)), str(visible())]
    assert not any(token in text for text in seen)
    assert Job.objects.get(kind="checkout").secrets is None


def statements(ask: Callable[[], Any]) -> list[str]:
    """The SQL of a request, by its first words, without what frames transactions."""
    with CaptureQueriesContext(connection) as queries:
        assert ask().status_code == 202
    frames = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    words = [query["sql"].split(" (")[0][:60] for query in queries]
    return [text for text in words if not text.startswith(frames)]


def test_accepting_a_checkout_takes_at_most_eight_statements(staff: Caller) -> None:
    books = [new_book(copies=5) for _ in range(3)]
    buyer = new_buyer()
    body = {"user_id": buyer.user_id, "payment": CARD}
    for caller, headers in ((buyer, {}), (buyer, {"Idempotency_Key": "a"}), (staff, {})):
        fill(buyer, dict.fromkeys(books, 1))
        found = statements(partial(caller.post, "checkouts", body, **headers))
        assert len(found) <= 8, found


@pytest.mark.django_db(transaction=True)
def test_the_last_copy_is_sold_once() -> None:
    book_id = new_book(copies=1)
    buyers = [new_buyer({book_id: 1}) for _ in range(12)]

    def buy(buyer: Caller) -> Job:
        return run(job_of(check_out(buyer)))

    jobs = at_once(buy, buyers)
    assert sorted(job.state for job in jobs) == ["failed"] * 11 + ["succeeded"]
    assert {job.error["code"] for job in jobs if job.error} == {"insufficient_stock"}
    statuses = [order_of(buyer)["status"] for buyer in buyers]
    assert sorted(statuses) == ["failed"] * 11 + ["paid"]
    assert len(charges()) == 1
    assert sorted(len(cart_of(buyer)) for buyer in buyers) == [0] + [1] * 11
    assert stock.item(product_id=book_id).items() >= {"on_hand": 1, "reserved": 1}.items()


@pytest.mark.django_db(transaction=True)
def test_a_cart_that_is_bought_twice_at_one_moment_is_bought_once() -> None:
    buyer = new_buyer({new_book(copies=9): 1})
    answers = at_once(lambda _: check_out(buyer), range(6))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 5
    assert Job.objects.count() == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(customer: Caller, method: str) -> None:
    assert refused(customer.send(method, "checkouts"), 405, "method_not_allowed")
