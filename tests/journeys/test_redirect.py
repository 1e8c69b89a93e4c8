"""A customer who pays on the provider's page, and the provider that tells the shop, over HTTP."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.journeys.books import Books
from tests.journeys.client import Client, poll
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Shop

# Far less than the minute after which the job would look by itself.
SOON = 20.0


def waiting(customer: Client, product: int, quantity: int = 2) -> dict[str, Any]:
    """Return a job of the customer that waits for the payment of so many copies."""
    customer.put_in_cart(product, quantity)
    job_id = customer.buy("tok_redirect")
    poll(lambda: customer.job(job_id)["state"] == "waiting", seconds=SOON, what="a job that waits")
    return customer.job(job_id)


def press(job: dict[str, Any], outcome: str) -> str:
    """Press a button of the page to which the job leads, as a browser does."""
    form = urllib.parse.urlencode({"outcome": outcome}).encode()
    with urllib.request.urlopen(job["action"]["url"], data=form, timeout=10) as page:  # noqa: S310
        return str(page.read().decode())


def number(books: Books, kind: str) -> int:
    return int(books.value("SELECT count(*) FROM jobs_job WHERE kind = %s", kind))


def test_a_customer_pays_on_the_providers_page(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    job = waiting(customer, product)
    assert job["action"]["type"] == "redirect"
    assert job["action"]["url"].startswith(f"{shop.address}/sandbox/payments/")
    assert customer.order_of(job)["payment"]["status"] == "pending"
    assert "Paid." in press(job, "paid")
    job = customer.final(job["id"], seconds=SOON)
    assert (job["state"], job["action"]) == ("succeeded", None)
    order = customer.order_of(job)
    assert (order["status"], order["payment"]["status"]) == ("paid", "captured")
    books.await_all_final(seconds=20)
    assert books.differences() == []


def test_a_customer_declines_on_the_providers_page(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    job = waiting(customer, product)
    assert "Declined." in press(job, "declined")
    job = customer.final(job["id"], seconds=SOON)
    assert (job["state"], job["error"]["code"]) == ("failed", "payment_declined")
    assert customer.cart() == {product: 2}
    books.await_all_final(seconds=20)
    assert books.differences() == []


@pytest.mark.parametrize("name", ["worker-outside", "redis", "recovery"])
def test_a_customer_pays_while_something_is_down(shop: Shop, books: Books, name: str) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    job = waiting(customer, product)
    with shop.without(name):
        assert "Paid." in press(job, "paid")
    assert customer.final(job["id"], seconds=45)["state"] == "succeeded"
    books.await_all_final(seconds=45)
    assert books.differences() == []


def test_money_that_comes_too_late_goes_back(shop: Shop, books: Books, mailbox: Mailbox) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    job = waiting(customer, product)
    customer.post(f"jobs/{job['id']}/cancel").expect(202)
    assert customer.final(job["id"])["state"] == "cancelled"
    late = number(books, "late_payment")
    assert "called the payment off" in press(job, "paid")
    poll(lambda: number(books, "late_payment") > late, seconds=SOON, what="a job for the money")
    books.await_all_final(seconds=20)
    payment = customer.order_of(job)["payment"]
    assert (payment["status"], payment["refunded"]) == ("refunded", payment["amount"])
    (told,) = customer.get("notifications").expect(200)["results"]
    assert "too late" in told["subject"]
    email = customer.get("me").expect(200)["email"]
    assert [letter["Subject"] for letter in mailbox.to(email)] == [told["subject"]]
    assert customer.cart() == {product: 2}
    assert books.differences() == []


def test_a_page_that_is_not_there_is_a_404(shop: Shop) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{shop.address}/sandbox/payments/1", timeout=10)  # noqa: S310
    assert caught.value.code == 404
    caught.value.close()


def test_no_log_and_no_job_holds_the_secret_or_a_token(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    job = waiting(customer, product)
    press(job, "declined")
    customer.final(job["id"])
    secret = (shop.home / "secrets" / "sandbox_webhook_secret").read_text().strip()
    assert secret.startswith("whsec_")
    jobs = books.value("SELECT string_agg(job::text, ' ') FROM jobs_job job")
    for text in (jobs, *(process.logs() for process in shop.processes.values())):
        assert secret.removeprefix("whsec_") not in text
        assert "tok_redirect" not in text
