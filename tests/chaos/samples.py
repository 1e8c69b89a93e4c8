"""What must hold at any time, looked at twice a second while everything goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg

from tests.journeys.books import Books

PERIOD = 0.5
BREACHES = """
    SELECT 'room for ' || kind AS what, on_hand AS is, capacity AS most FROM inventory_room
        WHERE on_hand > capacity OR on_hand < 0
    UNION ALL SELECT 'product ' || product_id, reserved, on_hand FROM inventory_stock
        WHERE reserved > on_hand OR on_hand < 0 OR reserved < 0
    UNION ALL SELECT 'order ' || order_id || ' captured', count(*), 1 FROM payments_payment
        WHERE status = 'captured' GROUP BY order_id HAVING count(*) > 1
    UNION ALL SELECT 'charge ' || key || ' given back', refunded, amount FROM sandbox_entry
        WHERE refunded > amount"""


class Sampler:
    """Samples of the warehouse and of the money."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.number = 0
        self.breaches: set[str] = set()

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Sample in the background; while PostgreSQL is away there is nothing to see."""
        over = Event()
        thread = Thread(target=self._sample, args=(over,), name="sampler", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)

    def _sample(self, over: Event) -> None:
        while not over.wait(PERIOD):
            try:
                rows = self._books.rows(BREACHES)
            except psycopg.Error:
                continue
            self.number += 1
            self.breaches |= {f"{row['what']}: {row['is']}, not {row['most']}" for row in rows}
