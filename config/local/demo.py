"""The demo order: a new customer finds a book and buys it, through the API like anybody."""

import secrets
import urllib.parse
from collections.abc import Callable
from typing import Any, Protocol

from config.local.client import Client, Refusal
from config.local.directory import DataDirectory

FILE = "demo.json"
SEARCH = "nha gia kim"
FINAL = {"succeeded", "failed", "cancelled"}
SECONDS = 60.0


class Waits(Protocol):
    """Waits for a condition and looks after the shop meanwhile."""

    def __call__(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Return whether the condition holds within so many seconds."""


def want(directory: DataDirectory) -> None:
    """Note that the shop was just filled and its demo order is to be placed.

    The note holds what makes a second try, after a crash, the same order and no other.
    """
    number = secrets.token_hex(3)
    directory.write(
        FILE,
        {
            "username": f"demo-{number}",
            "password": secrets.token_urlsafe(18),
            "key": f"demo-{secrets.token_hex(12)}",
        },
    )


def is_wanted(directory: DataDirectory) -> bool:
    """Return whether the demo order is still to be placed."""
    note = directory.read(FILE)
    return bool(note) and "job_id" not in note


def job(
    *, directory: DataDirectory, address: str, wait: Waits, username: str, password: str
) -> dict[str, Any] | None:
    """Return the demo order's job, placing the order if it is wanted; None if there is none.

    `username` and `password` are the staff login's. Raises Refusal when the shop does not go
    along.
    """
    note = directory.read(FILE)
    if not note:
        return None
    if is_wanted(directory):
        found = _place(note=note, client=Client(address), wait=wait)
        directory.write(FILE, {"username": note["username"], "job_id": found["id"]})
        return found
    staff = Client(address)
    staff.log_in(username=username, password=password)
    try:
        found = staff.call("GET", f"/jobs/{note['job_id']}")
    except Refusal as error:
        if error.status != 404:
            raise
        return None  # The order was placed in another database than this.
    # What a crash interrupted is being finished now.
    return _final(staff, found, wait, must_succeed=False)


def _place(*, note: dict[str, Any], client: Client, wait: Waits) -> dict[str, Any]:
    """Register, log in, search, fill the cart and check out; return the checkout's final job."""
    customer = {
        "username": note["username"],
        "password": note["password"],
        "email": f"{note['username']}@example.com",
        "first_name": "An",
        "last_name": "Nguyễn",
        "address": "12 Đinh Lễ",
        "city": "Hà Nội",
        "country": "VN",
    }
    key = note["key"]
    registration = client.call("POST", "/registrations", customer, Idempotency_Key=f"{key}-1")
    user_id = _final(client, registration, wait)["result"]["user_id"]
    client.log_in(username=customer["username"], password=customer["password"])
    books = client.call("GET", f"/books?search_term={urllib.parse.quote(SEARCH)}")["results"]
    if not books:
        raise Refusal(f"a search for {SEARCH!r} finds no book")
    # Sets the line rather than adding to it: a second try must not buy two.
    client.call("PUT", f"/carts/{user_id}/items/{books[0]['id']}", {"quantity": 1})
    order = {"user_id": user_id, "payment": {"method": "card", "token": "tok_ok"}}
    checkout = client.call("POST", "/checkouts", order, Idempotency_Key=f"{key}-2")
    return _final(client, checkout, wait, must_succeed=False)


def _final(
    client: Client, job: dict[str, Any], wait: Waits, *, must_succeed: bool = True
) -> dict[str, Any]:
    """Return a job when it is final. Raises Refusal when it takes too long or fails."""
    latest = [job]

    def is_final() -> bool:
        if latest[0]["state"] not in FINAL:
            latest[0] = client.call("GET", f"/jobs/{job['id']}", Prefer="wait=1")
        return latest[0]["state"] in FINAL

    if not wait(is_final, seconds=SECONDS):
        raise Refusal(f"the job {job['id']} ({job['kind']}) is not done after {SECONDS:.0f} s")
    if must_succeed and latest[0]["state"] != "succeeded":
        raise Refusal(f"the job {job['id']} ({job['kind']}) {latest[0]['state']}")
    return latest[0]
