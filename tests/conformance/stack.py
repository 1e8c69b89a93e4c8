"""The shop that is asked: people of every role, and something of everything that has an id."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.journeys.client import Client
from tests.journeys.mail import mail_server
from tests.journeys.processes import Seed, Shop
from tests.servers import remove_what_killed_runs_left

PREFIX = "bookshop-conformance-"
# Customers who have bought before anybody asks, and with which tokens.
BUYERS = 3
CARDS = ("tok_ok", "tok_ok", "tok_declined")


class AskedShop(Shop):
    """Gateway, workers, recovery and both servers, with throttling off."""

    def _fill(self) -> Seed:
        answer = self._asked("from tests.conformance import seed; seed.main()")
        self.roles: dict[str, list[dict[str, Any]]] = answer["roles"]
        self.books: list[int] = answer["products"]
        self._owner = Client(self.address, token=self.roles["superuser"][-1]["token"])
        return Seed(self._owner.token, iter(()), iter(()))

    def tokens(self, role: str) -> list[str]:
        """Return the tokens of a role's accounts; none: it has none."""
        return [one["token"] for one in self.roles[role]]

    def known(self) -> dict[str, list[Any]]:
        """Buy something, and return ids that there are, by where the schema asks for them."""
        buyers = [
            Client(self.address, user_id=one["user_id"], token=one["token"])
            for one in self.roles["customer"][:BUYERS]
        ]
        jobs = [self._bought(buyer, card) for buyer in buyers for card in CARDS]
        user_ids = [buyer.user_id for buyer in buyers]
        orders = self._ids("orders")
        authors, categories = self._ids("authors"), self._ids("categories")
        kinds = {
            kind: [self._added(kind) for _ in range(BUYERS)] for kind in ("electronics", "clothes")
        }
        products = [*self.books[:BUYERS], *(one for ids in kinds.values() for one in ids)]
        return {
            "path.user_id": user_ids,
            "query.user_id": user_ids,
            "body.user_id": user_ids,
            "path.account_id": [buyer.get("me").expect(200)["account_id"] for buyer in buyers],
            "path.author_id": authors,
            "body.author_id": authors,
            "path.category_id": categories,
            "body.category_id": categories,
            "path.book_id": self.books[:BUYERS],
            "path.product_id": products,
            "query.product_id": products,
            "body.product_id": products,
            "path.order_id": orders,
            "query.order_id": orders,
            "path.payment_id": self._payments(orders),
            "path.notification_id": self._ids("notifications"),
            "path.job_id": jobs,
            "path.provider": ["sandbox"],
        }

    def _bought(self, buyer: Client, card: str) -> str:
        """Buy a book; return the job's id."""
        buyer.put_in_cart(self.books[0])
        job_id = buyer.buy(card)
        buyer.final(job_id)
        return job_id

    def _ids(self, path: str) -> list[int]:
        return [one["id"] for one in self._owner.get(path).expect(200)["results"]]

    def _payments(self, orders: list[int]) -> list[int]:
        return [one for order in orders for one in self._ids(f"orders/{order}/payments")]

    def _added(self, kind: str) -> int:
        """Put something of another kind on sale."""
        own = {"electronics": ("model",), "clothes": ("size", "color")}[kind]
        form = {"name": "Áo", "brand": "B", "price": "1000", **dict.fromkeys(own, "M")}
        return int(self._owner.post(kind, form).expect(201)["id"])


@contextmanager
def running() -> Iterator[AskedShop]:
    """Run a shop in a directory of its own, which goes with it."""
    base = Path("/tmp") if os.getuid() == 0 else Path(tempfile.gettempdir())  # noqa: S108
    remove_what_killed_runs_left(base, prefix=PREFIX)
    # Everybody may enter: PostgreSQL may have to run as `nobody`, see tests/servers.py.
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    home.chmod(0o755)
    with mail_server() as mailbox:
        shop = AskedShop(home / "shop", mail_url=mailbox.url)
        try:
            shop.start()
            yield shop
        finally:
            shop.stop()
            shutil.rmtree(home, ignore_errors=True)
