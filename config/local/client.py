"""A client of the gateway, as small as the demo order needs it."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

# What is on this machine is not asked for through a proxy.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refusal(Exception):
    """The gateway did not answer as hoped; the text says what it answered."""

    def __init__(self, text: str, *, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


def answers(address: str) -> bool:
    """Return whether a GET of the address is answered with 200."""
    try:
        with _direct.open(address, timeout=1) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


class Client:
    """Calls the API at an address, as nobody until logged in."""

    def __init__(self, address: str) -> None:
        self._base = f"{address}/api/v1"
        self._token = ""

    def log_in(self, *, username: str, password: str) -> None:
        """Be this user from now on. Raises Refusal when the gateway refuses."""
        answer = self.call("POST", "/auth/login", {"username": username, "password": password})
        self._token = answer["access"]

    def call(self, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Return the answer's JSON object. Raises Refusal unless the answer is a good one.

        A header is given in Python's spelling: `idempotency_key="…"`.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self._token:
            given["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            given["Content-Type"] = "application/json"
        request = urllib.request.Request(  # noqa: S310  (the address is the gateway's)
            self._base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers=given,
            method=method,
        )
        try:
            with _direct.open(request, timeout=15) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            text = f"{method} {path} was answered {error.code}{_code(error)}"
            raise Refusal(text, status=error.code) from None
        except (OSError, ValueError) as error:
            raise Refusal(f"{method} {path} was not answered: {error}") from None
        if not isinstance(answer, dict):
            raise Refusal(f"{method} {path} was answered with no JSON object")
        return answer


def _code(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return f" ({problem['code']}: {problem['detail']})"
    except (OSError, ValueError, LookupError, TypeError):
        return ""
