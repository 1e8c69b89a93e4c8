"""Clients that remember which operations they asked for."""

import re
from typing import Any
from urllib.parse import urlsplit

from api.urls import urlpatterns
from tests.journeys.client import Answer, Client
from tests.journeys.processes import Shop
from tests.openapi import declared

METHODS = ("get", "post", "put", "patch", "delete")
KEYS = {"id": r"\d+", "job": r"[0-9a-fA-F-]{36}", "str": r"[^/]+"}
PASSWORD = "một mật khẩu đủ dài"
UNKNOWN = 987_654_321


class Walker(Client):
    """A client whose requests are noted, with the status of each answer."""

    def __init__(self, address: str, walked: set[tuple[str, str]], **more: Any) -> None:
        super().__init__(address, **more)
        self.address = address
        self.walked = walked

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = super().send(method, path, body, **headers)
        target = urlsplit(path).path.removeprefix("/api/v1/")
        if answer.status < 500:
            self.walked.add((method, target))
            declared.check(method, f"/api/v1/{target}", answer.status, answer.body)
        self._check(answer)
        return answer

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("DELETE", path, body, **headers)

    def refused(
        self, method: str, path: str, body: Any = None, *, status: int, code: str, **headers: str
    ) -> Any:
        """Ask for something that is refused so, and return the problem."""
        answer = self.send(method, path, body, **headers)
        problem = answer.expect(status)
        # Of invalid input, the field's own code is the one that counts.
        codes = {problem["code"], *(error["code"] for error in problem.get("errors", []))}
        assert code in codes, problem
        return problem

    def done(self, answer: Answer, state: str = "succeeded", code: str | None = None) -> Any:
        """Return the job that a request started, when it has ended so."""
        accepted = answer.expect(202)
        assert answer.headers["location"] == f"/api/v1/jobs/{accepted['id']}"
        assert answer.headers["retry-after"] == "1"
        job = self.final(accepted["id"])
        assert job["state"] == state, job
        assert (job["error"] or {}).get("code") == code, job
        return job

    def all(self, path: str) -> list[Any]:
        """Return a whole list, page by page."""
        found: list[Any] = []
        following: str | None = path
        while following:
            page = self.get(following).expect(200)
            assert set(page) == {"next", "previous", "results"}
            found += page["results"]
            parts = urlsplit(page["next"] or "")
            following = f"{parts.path}?{parts.query}" if page["next"] else None
        return found

    def _check(self, answer: Answer) -> None:
        """Assert what holds for every answer."""
        assert answer.headers.get("x-request-id")
        if answer.status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.body) >= {"type", "title", "status", "detail", "code"}
            assert answer.body["status"] == answer.status


class Walk:
    """The shop, and what was asked of it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.walked: set[tuple[str, str]] = set()
        self.staff = self._like(shop.staff)
        self.anyone = self._like(shop.anyone())

    def customers(self, number: int) -> list[Walker]:
        """Return customers whom no other journey has."""
        return [self._like(customer) for customer in self.shop.customers(number)]

    def nobody(self) -> Walker:
        """Return a client without a token, who may log in."""
        return self._like(self.shop.anyone())

    def missed(self) -> set[str]:
        """Return the operations of the table of addresses that nobody asked for."""
        return {
            f"{method.upper()} {pattern.pattern}"
            for pattern in urlpatterns
            for method in METHODS
            if hasattr(getattr(pattern.callback, "view_class", None), method)
            and not any(
                asked == method.upper() and re.fullmatch(_expression(str(pattern.pattern)), path)
                for asked, path in self.walked
            )
        }

    def _like(self, client: Client) -> Walker:
        return Walker(self.shop.address, self.walked, user_id=client.user_id, token=client.token)


def _expression(route: str) -> str:
    return re.sub(r"<(\w+):\w+>", lambda found: KEYS[found[1]], route)
