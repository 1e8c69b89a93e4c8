"""What a story is told with: people, chance, and the shop that they ask."""

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import psycopg

from tests.chaos.patient import Patient, Unexpected
from tests.journeys.client import FINAL

if TYPE_CHECKING:
    from tests.chaos.load import Load

# Seconds after which a story no longer waits for a job: the invariants will say why it should have.
# Above the 300 in which a job is to end after the provider's faults, which may follow each other: a
# customer who turned away earlier would leave a job that waits for them, rightly, for half an hour.
WAITS = 600.0
SUCCEEDED = "succeeded"


@dataclass
class Accepted:
    """A job that the shop accepted, who may read it, and how it may end."""

    job_id: str
    kind: str
    key: str | None
    at: float
    story: str
    reader: Patient
    # States, with the code of a failure: `failed payment_declined`.
    ends: set[str]
    # What was asked for, by the names of the invariants: user_id, lines, product_id, …
    facts: dict[str, Any]
    # When its customer, for whom it may wait, had done what the story has them do.
    released_at: float = 0.0


@dataclass
class Life:
    """One story, told with one chance: who is in it, and what they do."""

    load: "Load"
    number: int
    story: str = ""
    user_ids: set[int] = field(default_factory=set)
    job_ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stack = self.load.stack
        self.chance = random.Random(f"{self.load.seed}:{self.number}")
        self._keys = 0

    # Who

    def customer(self) -> Patient:
        """Return a customer whom no other story has."""
        found = self.load.next_customer()
        self.user_ids.add(found.user_id)
        return self._patient(found.user_id, found.token)

    @property
    def staff(self) -> Patient:
        return self._patient(0, self.stack.staff.token)

    @property
    def nobody(self) -> Patient:
        return self._patient(0, "")

    def _patient(self, user_id: int, token: str) -> Patient:
        return Patient(self.stack.address, self.load.journal, user_id=user_id, token=token)

    # What

    def pause(self, most: float = 0.5) -> None:
        time.sleep(self.chance.uniform(0, most))

    def perhaps(self, chance: float) -> bool:
        return self.chance.random() < chance

    def new_key(self) -> str:
        """Return a key that nobody has used."""
        self._keys += 1
        return f"chaos-{self.load.seed}-{self.number}-{self._keys}"

    def start(
        self,
        who: Patient,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str,
        ends: Collection[str] = (SUCCEEDED,),
        key: str | None = None,
        keyed: bool = True,
        refusals: Collection[str] = (),
        reader: Patient | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Accepted | None:
        """Ask for a job; return it, or None where it was refused with one of these codes."""
        if keyed:
            key = key or self.new_key()
        at = time.time()
        answer = who.ask(method, path, body, key=key, refusals=refusals)
        if answer.status != 202:
            return None
        job = answer.body
        if job["kind"] != kind:
            raise Unexpected(f"{method} {path}: a {job['kind']}, not a {kind}")
        found = Accepted(
            *(str(job["id"]), kind, key, at, self.story, reader or who),
            *(set(ends), dict(facts or {})),
        )
        self.job_ids.add(found.job_id)
        return self.load.note(found)

    def end(self, accepted: Accepted) -> dict[str, Any]:
        """Return the job when it is final, and see that it may end so."""
        job = self._until(accepted, lambda job: job["state"] in FINAL, FINAL)
        if ended(job) not in accepted.ends:
            raise NotThisWay
        return job

    def action_of(self, accepted: Accepted) -> str | None:
        """Return the page to which a waiting job sends its customer; None if it has ended."""
        job = self._until(
            accepted, lambda job: job["action"] or job["state"] in FINAL, ("waiting", *FINAL)
        )
        return str(job["action"]["url"]) if job["action"] else None

    def _until(
        self, accepted: Accepted, condition: Callable[[Any], Any], states: Collection[str]
    ) -> dict[str, Any]:
        """Return the job once the condition holds, in one of these states, by asking for it.

        Most ask when there is something to see, some again and again.
        """
        deadline, pause = time.monotonic() + WAITS, 0.2
        prefer = "wait=3" if self.perhaps(0.5) else "wait=0"
        if self.perhaps(0.8):
            self.load.watch.wait(accepted.job_id, states, seconds=WAITS)
        while True:
            path = f"jobs/{accepted.job_id}"
            job: dict[str, Any] = accepted.reader.ask("GET", path, Prefer=prefer).body
            if condition(job):
                return job
            if time.monotonic() > deadline:
                raise NotThisWay
            time.sleep(pause)
            pause = min(1.5 * pause, 4.0)

    def cancel(self, who: Patient, accepted: Accepted) -> None:
        """Ask for a job to be undone, which may come too late; what is promised is done."""
        accepted.ends.add("cancelled")
        path, late = f"jobs/{accepted.job_id}/cancel", ("job_final", "job_past_cancel")
        if who.ask("POST", path, may_repeat=True, refusals=late).status // 100 == 2:
            accepted.ends.discard("succeeded")
        accepted.released_at = time.time()

    def lines(self, products: Collection[int] | None = None, *, most: int = 3) -> dict[int, int]:
        """Return so many copies of some products, by chance."""
        picked = products or self.chance.sample(self.load.goods, self.chance.randint(1, 3))
        return {product: self.chance.randint(1, most) for product in picked}

    def fill(self, customer: Patient, lines: Mapping[int, int]) -> None:
        """Put the lines into the customer's empty cart, through the API or past it."""
        if self.perhaps(0.2):
            for product, quantity in lines.items():
                path = f"carts/{customer.user_id}/items/{product}"
                customer.ask("PUT", path, {"quantity": quantity})
            return
        while True:
            try:
                self.stack.books.fill_carts([customer.user_id], lines)
                return
            except psycopg.errors.UniqueViolation:
                return  # The answer to the first time was lost.
            except psycopg.OperationalError:
                time.sleep(0.5)

    def press(self, url: str, outcome: str) -> None:
        """Press a button of the provider's page, as a browser does, until it answers."""
        deadline = time.monotonic() + WAITS
        while time.monotonic() < deadline:
            try:
                form = urlencode({"outcome": outcome})
                if self.stack.page("POST", urlsplit(url).path, form)[0] < 400:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise Unexpected(f"the page {url} does not answer")

    def claim(self, holds: bool, sentence: str) -> None:
        """Raise Unexpected with the sentence unless it holds."""
        if not holds:
            raise Unexpected(f"not so: {sentence}")


class NotThisWay(Exception):
    """A job did not end as its story expects, which the invariants report: it cannot go on."""


def ended(job: Mapping[str, Any]) -> str:
    """Return how a job ended, as `Accepted.ends` has it."""
    error = job["error"]
    return f"{job['state']} {error['code']}" if job["state"] == "failed" else str(job["state"])
