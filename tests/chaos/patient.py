"""A good client: what is refused for the moment, or lost on its way, it asks for again."""

import http.client
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tests.journeys.client import Answer, Client

# Seconds after which a client stops asking; no fault lasts so long.
GIVES_UP = 240.0
# "Not now": the database is away, or too many ask.
LATER = (429, 503)
LOGIN = "auth/login"
_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}|/\d+")


class Lost(Exception):
    """Nobody knows whether a request without a key was accepted: the answer was lost."""


class Unexpected(Exception):
    """An answer, or an end, that a client of this shop should never see."""


@dataclass(frozen=True)
class Sent:
    """One request and its answer; the status is 0 where none came."""

    method: str
    path: str
    began_at: float
    seconds: float
    status: int


@dataclass
class Journal:
    """What all clients sent, and which jobs they were told of under each key."""

    answers: list[Sent] = field(default_factory=list)
    keys: dict[str, set[str]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def note(self, sent: Sent) -> None:
        with self.lock:
            self.answers.append(sent)

    def note_key(self, key: str, job_id: str) -> None:
        with self.lock:
            self.keys.setdefault(key, set()).add(job_id)


class Patient(Client):
    """Somebody who asks until there is an answer, with the same key. Threads may share it."""

    patience = 12.0

    def __init__(
        self, address: str, journal: Journal, *, user_id: int = 0, token: str = ""
    ) -> None:
        super().__init__(address, user_id=user_id, token=token)
        self.address = address
        self.journal = journal
        self._login: dict[str, str] = {}

    def log_in(self, *, username: str, password: str) -> None:
        self._login = {"username": username, "password": password}
        self._renew()
        self.user_id = self.ask("GET", "me").body["user_id"]

    def _renew(self) -> None:
        self.token = ""
        self.token = self.ask("POST", LOGIN, self._login, may_repeat=True).body["access"]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        may_repeat: bool = False,
        refusals: Collection[str] = (),
        **headers: str,
    ) -> Answer:
        """Return the answer: one of success, or a refusal with one of these codes.

        Raises Lost; Unexpected for any other answer.
        """
        may_repeat = may_repeat or key is not None or method in ("GET", "PUT")
        if key is not None:
            headers["Idempotency_Key"] = key
        deadline = time.monotonic() + GIVES_UP
        pause, renewed = 0.25, path == LOGIN
        while True:
            answer, certain = self._once(method, path, body, headers)
            if answer and answer.status == 401 and self._login and not renewed:
                # A gateway whose clock was ahead made a token that is not valid yet.
                renewed = True
                self._renew()
                continue
            if answer and answer.status not in LATER:
                return self._judged(method, path, answer, key, refusals)
            # Also a 503 leaves it open: the database may have failed after the commit.
            if not may_repeat and not certain:
                raise Lost(f"{method} {path}")
            if time.monotonic() > deadline:
                raise Unexpected(f"{method} {path}: no answer in {GIVES_UP:.0f} s")
            wanted = float(answer.headers.get("retry-after", "0")) if answer else 0.0
            time.sleep(max(pause, min(wanted, 5.0)))
            pause = min(2 * pause, 2.0)

    def _once(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[Answer | None, bool]:
        """Send it once; return the answer if one came, and whether it surely did not arrive."""
        began_at, since, certain = time.time(), time.monotonic(), False
        answer = None
        try:
            answer = self.send(method, path, body, **headers)
        except ConnectionRefusedError:
            certain = True
        except (OSError, http.client.HTTPException):
            pass
        seconds, status = time.monotonic() - since, answer.status if answer else 0
        template = _ID.sub("/{id}", path.partition("?")[0])
        self.journal.note(Sent(method, template, began_at, seconds, status))
        return answer, certain

    def _judged(
        self, method: str, path: str, answer: Answer, key: str | None, refusals: Collection[str]
    ) -> Answer:
        if answer.status // 100 == 2:
            if key is not None and answer.status in (200, 202):
                self.journal.note_key(key, str(answer.body["id"]))
            return answer
        problem = answer.body if isinstance(answer.body, dict) else {}
        codes = {problem.get("code"), *(error["code"] for error in problem.get("errors", []))}
        if answer.status < 500 and codes & set(refusals):
            return answer
        request_id = answer.headers.get("x-request-id")
        raise Unexpected(f"{method} {path}: {answer.status} {problem} (request {request_id})")
