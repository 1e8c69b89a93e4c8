"""A client of the gateway as anybody could write one: HTTP, JSON, a bearer token."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

FINAL = {"succeeded", "failed", "cancelled"}
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Answer:
    """What the gateway answered, and after how many seconds."""

    status: int
    body: Any
    headers: dict[str, str]
    seconds: float

    def expect(self, status: int) -> Any:
        """Return the body of an answer of this status."""
        assert self.status == status, f"{self.status} instead of {status}: {self.body}"
        return self.body


def _read(content: bytes) -> Any:
    """Return an answer's body: JSON, or the text that it is instead."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


class Client:
    """Somebody who calls the API, as nobody until there is a token. Threads may share it."""

    # Seconds that the gateway may be silent.
    patience = 60.0

    def __init__(self, address: str, *, user_id: int = 0, token: str = "") -> None:
        self._host = urlsplit(address).netloc
        self.user_id = user_id
        self.token = token

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; a header is given in Python's spelling: `Idempotency_Key="…"`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            given["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        begun_at = time.monotonic()
        connection = http.client.HTTPConnection(self._host, timeout=self.patience)
        try:
            target = path if path.startswith("/") else f"/api/v1/{path}"
            connection.request(method, target, body=data, headers=given)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return Answer(
            response.status,
            _read(content) if content else None,
            {name.lower(): value for name, value in response.getheaders()},
            time.monotonic() - begun_at,
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    # What customers do

    def log_in(self, *, username: str, password: str) -> None:
        """Be this user from now on."""
        answer = self.post("auth/login", {"username": username, "password": password})
        self.token = answer.expect(200)["access"]
        self.user_id = self.get("me").expect(200)["user_id"]

    def find(self, words: str) -> list[dict[str, Any]]:
        """Return the books that a search finds."""
        found: list[dict[str, Any]] = self.get(f"books?search_term={quote(words)}").expect(200)[
            "results"
        ]
        return found

    def put_in_cart(self, product_id: int, quantity: int = 1) -> None:
        item = {"product_id": product_id, "quantity": quantity}
        self.post(f"carts/{self.user_id}/items", item).expect(200)

    def cart(self) -> dict[int, int]:
        """Return the quantities in the cart by product."""
        items = self.get(f"carts/{self.user_id}").expect(200)["items"]
        return {item["product_id"]: item["quantity"] for item in items}

    def ask_to_buy(self, card: str = "tok_ok", **headers: str) -> Answer:
        """Ask to buy what is in the cart, and return the answer, whatever it is."""
        payment = {"method": "card", "token": card}
        return self.post("checkouts", {"user_id": self.user_id, "payment": payment}, **headers)

    def buy(self, card: str = "tok_ok") -> str:
        """Buy what is in the cart and return the job's id."""
        return str(self.ask_to_buy(card).expect(202)["id"])

    def job(self, job_id: str, **headers: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"jobs/{job_id}", **headers).expect(200)
        return found

    def final(self, job_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """Return the job when it is final."""
        deadline = time.monotonic() + seconds
        while (job := self.job(job_id, Prefer="wait=5"))["state"] not in FINAL:
            assert time.monotonic() < deadline, f"not final after {seconds:.0f} s: {job}"
        return job

    def order_of(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return the order that a checkout has made, also one that failed."""
        orders = self.get(f"orders?user_id={self.user_id}").expect(200)["results"]
        (order,) = [order for order in orders if order["job_id"] == job["id"]]
        return dict(order)


def together(do: Callable[[T], R], each: Sequence[T], *, threads: int = 8) -> list[R]:
    """Return what `do` gives for each, so many of them at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, each))


def poll(condition: Callable[[], T], *, seconds: float, what: str) -> T:
    """Return what the condition gives once that is true, looking ten times a second."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.1)
    return found
