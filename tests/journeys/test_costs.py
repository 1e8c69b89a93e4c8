"""What a checkout of three lines costs, pinned: whoever makes it dearer is to know it.

Statements are those that PostgreSQL sees, without BEGIN, COMMIT, SAVEPOINT and the like, and
without the sandbox's own ledger.
"""

import pytest

from tests.journeys.books import Books
from tests.journeys.costs import meter
from tests.journeys.processes import Shop

LINES = 3


def test_what_a_checkout_of_three_lines_costs(
    shop: Shop, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    first, customer = shop.customers(2)
    wanted = dict.fromkeys(shop.products(LINES), 2)
    books.fill_carts([first.user_id, customer.user_id], wanted)
    # The first of its kind costs more: connections are opened, content types are read.
    first.final(first.buy())
    books.await_all_final(seconds=20)

    with meter(shop, books) as measured:
        job_id = customer.buy()
        books.await_all_final(seconds=20)
    assert books.states([job_id]) == {"succeeded": 1}
    assert len(customer.order_of(customer.job(job_id))["lines"]) == LINES

    accept = measured.of_sessions("shop-gateway")
    jobs = measured.of_jobs("shop-worker")
    work = jobs.pop(job_id)
    messages = measured.messages_of(job_id)
    with capsys.disabled():
        print(f"\naccept: {accept}\nwork: {work}\nmessages: {messages}")  # noqa: T201
    assert (len(accept.statements), accept.commits) == (6, 1)
    assert (len(work.statements), work.commits) == (25, 2)
    assert messages == 2
    # All that remains is the notification's own job.
    assert len(jobs) == 1
