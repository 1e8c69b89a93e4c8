"""Stories of customers and of staff, many at a time, and what the shop accepted of them."""

import time
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Lock

from tests.chaos.life import Accepted, Life, NotThisWay
from tests.chaos.patient import Journal, Lost, Sent, Unexpected
from tests.chaos.samples import Sampler
from tests.chaos.stack import Stack
from tests.chaos.stories import pick
from tests.chaos.watch import Watch
from tests.journeys.client import Client

__all__ = ["Accepted", "Load", "Sent"]


class Load:
    """A number of jobs, made of stories that chance picks by the seed."""

    def __init__(self, stack: Stack, *, seed: int, jobs: int, threads: int = 100) -> None:
        self.stack, self.seed, self.jobs, self.threads = stack, seed, jobs, threads
        self.journal = Journal()
        self.sampler = Sampler(stack.books)
        self.watch = Watch(stack.books)
        self.stock_before = stock(stack)
        number = max(20, jobs // 50)
        self.goods = stack.products(number)
        # So few copies of these, for so many buyers, that most come too late.
        self.scarce = stack.products(max(3, number // 10))
        self.accepted: list[Accepted] = []
        self.told: list[str] = []  # What a story saw and should not have.
        self.unknown: list[str] = []  # Requests without a key whose answers were lost.
        self.broken: list[str] = []  # Stories that ended by a fault of their own.
        self.doubtful: set[int] = set()  # Customers of whom nobody knows what they bought.
        self.story_ends: dict[str, int] = {}
        self._ids: dict[str, Accepted] = {}
        self._of_ended = 0
        self._lock = Lock()

    @property
    def answers(self) -> list[Sent]:
        """Return all requests so far, with their answers."""
        return self.journal.answers

    def run(self, *, seconds: float) -> None:
        """Begin stories, evenly over so many seconds, until that many jobs were accepted."""
        began_at, number, running = time.monotonic(), 0, set[Future[None]]()
        with (
            self.sampler.sampling(),
            self.watch.watching(),
            ThreadPoolExecutor(self.threads) as pool,
        ):
            while len(self.accepted) < self.jobs:
                done = {future for future in running if future.done()}
                running -= done
                due = self.jobs * (time.monotonic() - began_at) / seconds
                # What the stories under way will still add is guessed from those that ended.
                ended = sum(self.story_ends.values())
                each = max(1.0, self._of_ended / ended) if ended else 2.0
                if len(running) < self.threads and (number * each) <= due:
                    number += 1
                    running.add(pool.submit(self._tell, number))
                elif running:
                    wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
                else:
                    time.sleep(0.05)

    def next_customer(self) -> Client:
        """Return a customer whom no other story has."""
        with self._lock:
            (found,) = self.stack.customers(1)
        return found

    def note(self, accepted: Accepted) -> Accepted:
        """Keep an accepted job; a repeat of its request is the same one."""
        with self._lock:
            known = self._ids.setdefault(accepted.job_id, accepted)
            if known is accepted:
                self.accepted.append(accepted)
            known.ends |= accepted.ends
            return known

    def _tell(self, number: int) -> None:
        life = Life(self, number)
        story = pick(life.chance)
        life.story = f"{story.__name__} {number}"
        try:
            story(life)
        except Lost as lost:
            self.unknown.append(f"{life.story}: {lost}")
            self.doubtful |= life.user_ids
        except NotThisWay:
            pass
        except Unexpected as told:
            self.told.append(f"{life.story}: {told}")
        except Exception:
            self.broken.append(f"{life.story}: {traceback.format_exc()}")
        with self._lock:
            self.story_ends[story.__name__] = self.story_ends.get(story.__name__, 0) + 1
            self._of_ended += len(life.job_ids)


def stock(stack: Stack) -> dict[int, int]:
    """Return how many copies of each product are on hand."""
    rows = stack.books.rows("SELECT product_id, on_hand FROM inventory_stock")
    return {row["product_id"]: row["on_hand"] for row in rows}
