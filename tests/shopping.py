"""What the tests of shopping have in common: buyers, their carts, and jobs worked off at once."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connection

from shop.carts import services as carts
from tasks.engine import jobs
from tasks.engine.models import Job
from tests.api.callers import Caller, new_customer
from tests.workflows.cases import new_book, run

Thing = TypeVar("Thing")
Result = TypeVar("Result")
# What a whole number of at least 1 is not; every other limit is its field's own.
NO_NUMBERS: list[Any] = [None, "3", "", True, 3.0, 3.5, [], {}, -1, 0, 10**30]
UNKNOWN_ID = 999_999_999
CARD = {"method": "card", "token": "tok_ok"}


def new_buyer(contents: Mapping[int, int] | None = None) -> Caller:
    """Return a customer with a cart that holds so many copies, by product id."""
    buyer = new_customer()
    carts.create_cart(user_id=user_id(buyer))
    fill(buyer, contents or {})
    return buyer


def user_id(caller: Caller) -> int:
    """Return the customer's id."""
    assert caller.user_id is not None
    return caller.user_id


def fill(buyer: Caller, contents: Mapping[int, int]) -> None:
    """Put so many copies of each product into the buyer's cart."""
    for product_id, quantity in contents.items():
        carts.add_item(user_id=user_id(buyer), product_id=product_id, quantity=quantity)


def cart_of(buyer: Caller) -> dict[int, int]:
    """Return how many copies of what the buyer's cart holds, by product id."""
    cart = buyer.get(f"carts/{buyer.user_id}").json()
    return {line["product_id"]: line["quantity"] for line in cart["items"]}


def job_of(response: Any) -> Job:
    """Return the job that a request started."""
    assert response.status_code == 202, response.content
    return jobs.get(job_id=UUID(response.json()["id"]))


def finished(caller: Caller, response: Any) -> dict[str, Any]:
    """Work off the job that the caller started, and return it as the caller sees it then."""
    run(job_of(response))
    found = caller.get(response["Location"])
    assert found.status_code == 200, found.content
    return cast(dict[str, Any], found.json())


def states(job: Mapping[str, Any]) -> dict[str, str]:
    """Return the state of each of a job's steps, by name."""
    return {step["name"]: step["state"] for step in job["steps"]}


def check_out(buyer: Caller, *, token: str | None = "tok_ok", **changes: Any) -> Any:
    """Ask for a checkout of the buyer's cart; without a token, to be paid later."""
    body: dict[str, Any] = {"user_id": buyer.user_id, **changes}
    if token is not None:
        body["payment"] = {"method": "card", "token": token}
    return buyer.post("checkouts", body)


def bought(buyer: Caller, *, token: str | None = "tok_ok") -> dict[str, Any]:
    """Have the buyer buy what is in the cart, or a book, and return the order, whatever came."""
    if not cart_of(buyer):
        fill(buyer, {new_book(copies=5): 1})
    job = finished(buyer, check_out(buyer, token=token))
    orders = buyer.get("orders").json()["results"]
    return next(order for order in orders if order["job_id"] == job["id"])


def refused(response: Any, status: int, code: str) -> bool:
    """Return whether the answer is a problem of this status and code."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert set(body) >= {"type", "title", "status", "detail", "code"}
    return (response.status_code, body["status"], body["code"]) == (status, status, code)


def same_answer(one: Any, other: Any) -> bool:
    """Return whether two answers cannot be told apart."""
    return (one.status_code, one.json()) == (other.status_code, other.json())


def at_once(work: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
    """Do this with each of the things at the same moment, in threads with their own connections."""
    barrier = threading.Barrier(len(things))

    def do(thing: Thing) -> Result:
        try:
            barrier.wait()
            return work(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as threads:
        return list(threads.map(do, things))
