"""What is there when all is over: read through the API where it tells, and past it elsewhere."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.injector import Injected
from tests.chaos.life import Accepted
from tests.chaos.load import Load
from tests.chaos.patient import Patient, Unexpected
from tests.chaos.stack import Stack
from tests.journeys.client import together

Row = dict[str, Any]


@dataclass
class Evidence:
    """The shop after the load, each thing read once."""

    stack: Stack
    load: Load
    injected: list[Injected]

    @cached_property
    def jobs(self) -> dict[str, Row | None]:
        """Return each accepted job as its owner sees it; None where there is no such job."""
        found = together(self._read, self.load.accepted)
        return {one.job_id: job for one, job in zip(self.load.accepted, found, strict=True)}

    @staticmethod
    def _read(accepted: Accepted) -> Row | None:
        try:
            job: Row = accepted.reader.ask("GET", f"jobs/{accepted.job_id}").body
        except Unexpected:
            return None
        return job

    def ended(self, *kinds: str, state: str = "succeeded") -> list[tuple[Accepted, Row]]:
        """Return the accepted jobs of these kinds that ended so."""
        known = ((one, self.jobs[one.job_id]) for one in self.load.accepted)
        return [(a, job) for a, job in known if job and a.kind in kinds and job["state"] == state]

    @cached_property
    def rows(self) -> list[Row]:
        """Return every job of the shop, also those that other jobs and the clock started."""
        return self._sql(
            "SELECT id::text, kind, state, scope, idempotency_key, steps, error, result,"
            " extract(epoch FROM created_at)::float AS created,"
            " extract(epoch FROM now() - created_at)::float AS age,"
            " extract(epoch FROM finished_at)::float AS finished FROM jobs_job ORDER BY id"
        )

    @cached_property
    def orders(self) -> dict[int, Row]:
        """Return all orders, as staff see them."""
        return {one["id"]: one for one in self._list("orders?page_size=100")}

    @cached_property
    def order_of_job(self) -> dict[str, Row]:
        """Return each order by the checkout that made it."""
        return {one["job_id"]: one for one in self.orders.values()}

    @cached_property
    def items(self) -> dict[int, Row]:
        """Return what the warehouse has of each product, as staff see it."""
        return {one["product_id"]: one for one in self._list("inventory/items?page_size=100")}

    @cached_property
    def charges(self) -> dict[str, list[Row]]:
        """Return what stands in the provider's books, by the job that asked for it."""
        found = defaultdict(list)
        for row in self._sql("SELECT key, status, amount, refunded FROM sandbox_entry"):
            found[row["key"].partition(":")[0]].append(row)
        return found

    @cached_property
    def payments(self) -> list[Row]:
        return self._sql("SELECT id, order_id, key, provider, status FROM payments_payment")

    def net(self, order_id: int) -> Decimal:
        """Return what the provider holds for an order."""
        jobs = {p["key"].partition(":")[0] for p in self.payments if p["order_id"] == order_id}
        jobs.add(self.orders[order_id]["job_id"])
        held = (row for job_id in jobs for row in self.charges.get(job_id, []))
        return sum(
            (row["amount"] - row["refunded"] for row in held if row["status"] == "captured"),
            Decimal(0),
        )

    @cached_property
    def notifications(self) -> list[Row]:
        return self._sql(
            "SELECT note.id, order_id, note.job_id::text, job.state, job.result ->> 'mail' AS mail"
            " FROM notifications_notification note LEFT JOIN jobs_job job ON job.id = note.job_id"
        )

    def _sql(self, query: str, *values: Any) -> list[Row]:
        return self.stack.books.rows(query, *values)

    def _list(self, path: str) -> list[Row]:
        """Return a whole list, page by page."""
        staff = Patient(self.stack.address, self.load.journal, token=self.stack.staff.token)
        found: list[Row] = []
        following: str | None = path
        while following:
            page = staff.ask("GET", following).body
            found += page["results"]
            parts = urlsplit(page["next"] or "")
            following = f"{parts.path}?{parts.query}" if page["next"] else None
        return found
