"""Processes told to stop, one by one and all together, while they are busy: nobody notices."""

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException
from threading import Event

import psycopg
import pytest

from tests.journeys.books import Books
from tests.journeys.client import Answer, Client, poll, together
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Process, Shop, frozen

# After which the supervisor would kill.
STOP = 12.0
SECONDS = 60.0
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
MAILED = """
    SELECT job.id, job.recoveries FROM jobs_job job JOIN customers_customer customer
    ON customer.account_id = job.beneficiary_id
    WHERE job.kind = 'notification' AND customer.id = ANY(%s)"""


def in_flight(
    shop: Shop,
    books: Books,
    buyers: list[Client],
    *,
    each: int = 1,
    held: str = "",
    by: str = "",
) -> list[str]:
    """Have them buy, so many times each, while no worker works; return the jobs' ids.

    With a table that is held, the worker who needs it has begun then, and was told to stop.
    """
    (product,) = shop.products(1)
    jobs: list[str] = []
    with psycopg.connect(shop.postgres.url) as holder:
        with frozen(*(worker.pid for worker in shop.workers)):
            for _ in range(each):
                books.fill_carts([buyer.user_id for buyer in buyers], {product: 1})
                jobs += together(Client.buy, buyers)
            if held:
                holder.execute(f"LOCK TABLE {held} IN EXCLUSIVE MODE")
        if held:
            poll(lambda: books.value(WAITING, held), seconds=SECONDS, what=f"{by} has begun")
            os.kill(shop[by].pid, signal.SIGTERM)
            time.sleep(0.5)
    return jobs


def await_some_final(books: Books, jobs: list[str], number: int) -> None:
    poll(lambda: books.number_final(jobs) >= number, seconds=SECONDS, what="some jobs are final")


@pytest.mark.parametrize(
    ("name", "needs"), [("worker-shop", "inventory_stock"), ("worker-outside", "sandbox_entry")]
)
def test_a_stopped_worker_gives_back_what_it_has_not_begun(
    shop: Shop, books: Books, name: str, needs: str
) -> None:
    # Without recovery, a message that is lost stays lost.
    with shop.without("recovery"):
        # More than go into the messages that a worker has in hand.
        jobs = in_flight(shop, books, shop.customers(40), each=6, held=needs, by=name)
        took = shop[name].stop()
        print(f"\n{name} has stopped after {took:.1f} s: {books.states(jobs)}")  # noqa: T201
        assert books.number_final(jobs) < len(jobs)
        shop[name].start()
        books.await_all_final(seconds=SECONDS)
    assert books.states(jobs) == {"succeeded": len(jobs)}
    assert books.differences() == []
    assert took < STOP


def test_a_worker_does_not_wait_for_news_of_work_that_it_gave_back(
    shop: Shop, books: Books
) -> None:
    worker = shop["worker-shop"]
    (buyer,) = shop.customers(1)
    books.fill_carts([buyer.user_id], {shop.products(1)[0]: 1})
    with shop.without("recovery"):
        with frozen(*worker.children()):
            job_id = buyer.buy()
            poll(lambda: f"[{job_id}] received" in worker.logs(), seconds=SECONDS, what="received")
            known = len(worker.logs())
            os.kill(worker.pid, signal.SIGTERM)
            poll(lambda: "Warm" in worker.logs()[known:], seconds=SECONDS, what="told to stop")
            time.sleep(0.5)
        took = worker.stop()
        print(f"\nstopped after {took:.1f} s")  # noqa: T201
        worker.start()
        books.await_all_final(seconds=SECONDS)
    assert buyer.job(job_id)["state"] == "succeeded"
    assert books.differences() == []
    assert took < STOP


def test_a_stopped_gateway_answers_those_who_wait(shop: Shop, books: Books) -> None:
    gateway = shop["gateway"]
    first, second = shop.customers(2)
    books.fill_carts([first.user_id, second.user_id], {shop.products(1)[0]: 1})
    with frozen(*(worker.pid for worker in shop.workers)), ThreadPoolExecutor(2) as threads:
        job_id = first.buy()
        asked = threads.submit(first.get, f"jobs/{job_id}", Prefer="wait=30")
        bought = threads.submit(second.ask_to_buy, Prefer="wait=30")
        time.sleep(2)
        assert not asked.done()
        assert not bought.done()
        took = gateway.stop()
        read, accepted = asked.result(), bought.result()
    print(f"\nthe gateway has stopped after {took:.1f} s")  # noqa: T201
    assert took < STOP
    assert read.expect(HTTPStatus.OK)["state"] == "queued"
    assert accepted.expect(HTTPStatus.ACCEPTED)["state"] == "queued"
    with pytest.raises(ConnectionRefusedError):
        first.get("/livez")
    shop.mend()
    for buyer, job in ((first, job_id), (second, accepted.body["id"])):
        assert buyer.final(job)["state"] == "succeeded"


def test_a_stopped_gateway_sends_what_it_still_collects(shop: Shop, books: Books) -> None:
    # Without recovery, a job that is not sent stays where it is.
    with shop.without("recovery"):
        with frozen(*(worker.pid for worker in shop.workers)):
            buyers = shop.customers(20)
            books.fill_carts([buyer.user_id for buyer in buyers], {shop.products(1)[0]: 1})
            # While messages wait for workers, the last jobs wait for more to come with them.
            jobs = together(Client.buy, buyers)
            took = shop["gateway"].stop()
        books.await_all_final(seconds=SECONDS)
    print(f"\nthe gateway has stopped after {took:.1f} s")  # noqa: T201
    assert books.states(jobs) == {"succeeded": len(jobs)}
    shop.mend()


class Customers:
    """Eight who fill their carts, buy, wait and read, again and again, until told not to."""

    def __init__(self, shop: Shop) -> None:
        self._stop = Event()
        self._clients = list(zip(shop.customers(8), shop.products(8), strict=True))
        self.answers: list[Answer] = []
        self.jobs: list[str] = []
        self.broken: list[str] = []

    def __enter__(self) -> "Customers":
        self._pool = ThreadPoolExecutor(len(self._clients))
        self._done = [self._pool.submit(self._go_on, *pair) for pair in self._clients]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        for done in self._done:
            done.result()

    def _go_on(self, client: Client, product: int) -> None:
        item = {"product_id": product, "quantity": 1}
        while not self._stop.is_set():
            try:
                if self._note(client.post(f"carts/{client.user_id}/items", item)):
                    bought = self._note(client.ask_to_buy(Prefer="wait=10"))
                    self.jobs += [bought.body["id"]] if bought else []
                self._note(client.get("orders"))
            except (OSError, HTTPException) as error:
                self.broken.append(repr(error))

    def _note(self, answer: Answer) -> Answer | None:
        self.answers.append(answer)
        return answer if answer.status < 300 else None


def renew(process: Process) -> None:
    """Have the gateway's server serve with another process."""
    (old,) = process.children()
    os.kill(process.pid, signal.SIGHUP)
    poll(
        lambda: process.children() and old not in process.children(),
        seconds=SECONDS,
        what="another process serves",
    )


def test_a_rolling_restart_shows_clients_no_error(shop: Shop, books: Books) -> None:
    with Customers(shop) as customers:
        poll(lambda: len(customers.jobs) >= 8, seconds=SECONDS, what="they buy")
        renew(shop["gateway"])
        for name in ("worker-shop", "worker-outside", "recovery", "redis", "postgres"):
            shop[name].stop()
            shop[name].start()
            shop[name].await_ready()
        seen = len(customers.jobs)
        poll(lambda: len(customers.jobs) >= seen + 8, seconds=SECONDS, what="they go on buying")
    took = books.await_all_final(seconds=SECONDS)
    statuses = Counter(answer.status for answer in customers.answers)
    slowest = books.value(
        "SELECT extract(epoch FROM max(finished_at - created_at))::float8 FROM jobs_job"
        " WHERE id = ANY(%s::uuid[])",
        customers.jobs,
    )
    print(  # noqa: T201
        f"\n{dict(statuses)}; all final after {took:.1f} s, the slowest job took {slowest:.1f} s"
    )
    assert customers.broken == []
    assert statuses.keys() <= {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.SERVICE_UNAVAILABLE}
    told = [x for x in customers.answers if x.status == HTTPStatus.SERVICE_UNAVAILABLE]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in told)
    assert books.states(customers.jobs) == {"succeeded": len(customers.jobs)}
    assert books.differences() == []


def test_everything_stopped_and_started_again_loses_and_doubles_nothing(
    shop: Shop, books: Books, mailbox: Mailbox
) -> None:
    buyers = shop.customers(100)
    # So many that they are not all done before the workers are told to stop.
    jobs = in_flight(shop, books, buyers, each=6)
    await_some_final(books, jobs, 1)
    took = {process.name: process.stop() for process in reversed(shop.processes.values())}
    for server in shop.servers.values():
        server.start()
        server.await_ready()
    left = len(jobs) - books.number_final(jobs)
    shop.mend()
    final = books.await_all_final(seconds=4 * SECONDS)
    print(  # noqa: T201
        f"\n{left} of {len(jobs)} were under way, and final {final:.1f} s after the start; the"
        f" stops took {', '.join(f'{name} {x:.1f} s' for name, x in took.items())}"
    )
    assert left > 0
    assert books.states(jobs) == {"succeeded": len(jobs)}
    assert Counter(x["status"] for x in books.entries(jobs).values()) == {"captured": len(jobs)}
    mailed = books.rows(MAILED, [buyer.user_id for buyer in buyers])
    came = mailbox.message_ids()
    letters = {row["id"]: came[f"<{row['id']}.send_mail@bookshop>"] for row in mailed}
    assert len(letters) == len(jobs)
    # One whose lease ended meanwhile is in doubt, and a letter in doubt may come again: the same.
    doubtful = {row["id"] for row in mailed if row["recoveries"]}
    assert {n for job_id, n in letters.items() if job_id not in doubtful} <= {1}
    assert set(letters.values()) <= {1, 2}
    assert books.differences() == []
    assert max(took.values()) < STOP
