"""What the sandbox's tokens do to an order, and what is undone."""

import pytest

from tests.journeys.books import Books
from tests.journeys.client import poll, together
from tests.journeys.processes import Shop


@pytest.mark.parametrize("token", ["tok_declined", "tok_insufficient_funds"])
def test_a_declined_card_gives_everything_back(shop: Shop, books: Books, token: str) -> None:
    (customer,) = shop.customers(1)
    wanted, other = shop.products(2)
    customer.put_in_cart(wanted, 3)
    job_id = customer.buy(token)
    # What is put in meanwhile stays beside what comes back.
    customer.put_in_cart(other, 1)
    customer.put_in_cart(wanted, 1)

    job = customer.final(job_id)
    assert job["state"] == "failed"
    assert job["error"]["code"] == "payment_declined"
    states = ["undone", "undone", "failed", "skipped", "skipped"]
    assert [step["state"] for step in job["steps"]] == states
    order = customer.order_of(job)
    assert order["status"] == "failed"
    assert order["payment"]["status"] == "declined"
    assert customer.cart() == {wanted: 4, other: 1}
    (item,) = shop.staff.get(f"inventory/items?product_id={wanted}").expect(200)["results"]
    assert (item["on_hand"], item["reserved"]) == (1000, 0)
    entry = books.entry(job_id)
    assert entry["status"] == "declined"
    assert customer.get("notifications").expect(200)["results"] == []
    assert books.differences() == []


@pytest.mark.parametrize(
    ("token", "faults", "attempts"), [("tok_flaky", 2, 3), ("tok_timeout", 1, 2)]
)
def test_a_passing_fault_charges_once(
    shop: Shop, books: Books, token: str, faults: int, attempts: int
) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    customer.put_in_cart(product, 2)
    job = customer.final(customer.buy(token))
    assert job["state"] == "succeeded", job
    assert job["steps"][2]["attempts"] == attempts
    order = customer.order_of(job)
    assert (order["status"], order["payment"]["status"]) == ("paid", "captured")
    entry = books.entry(job["id"])
    assert (entry["status"], entry["faults"]) == ("captured", faults)
    assert int(entry["amount"]) == int(order["total"])
    books.await_all_final(seconds=20)
    assert books.differences() == []


def test_a_payment_in_doubt_can_be_cancelled(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    customer.put_in_cart(product, 2)
    job_id = customer.buy("tok_flaky")
    poll(
        lambda: customer.job(job_id)["steps"][2]["attempts"] >= 1,
        seconds=10,
        what="the first fault of the payment",
    )
    asked = customer.post(f"jobs/{job_id}/cancel")
    assert asked.status in {202, 409}, asked.body
    job = customer.final(job_id)
    order = customer.order_of(job)
    entry = books.entry(job_id)
    if asked.status == 202:
        assert job["state"] == order["status"] == "cancelled"
        assert entry["status"] == order["payment"]["status"] == "voided"
        assert customer.cart() == {product: 2}
    else:
        assert asked.body["code"] in {"job_past_cancel", "job_final"}
        assert job["state"] == "succeeded"
    again = customer.post(f"jobs/{job_id}/cancel")
    assert again.expect(409)["code"] == "job_final"
    books.await_all_final(seconds=20)
    assert books.differences() == []


def test_the_same_key_ten_times_at_once_makes_one_job(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    customer.put_in_cart(product, 1)
    answers = together(
        lambda _: customer.ask_to_buy(Idempotency_Key='"once"'), range(10), threads=10
    )
    assert len({answer.expect(202)["id"] for answer in answers}) == 1
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 9]
    job = customer.final(answers[0].body["id"])
    assert job["state"] == "succeeded"
    assert len(customer.get("orders").expect(200)["results"]) == 1
    books.await_all_final(seconds=20)
    assert books.differences() == []
