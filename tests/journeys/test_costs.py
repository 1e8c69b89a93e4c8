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
    customers = shop.customers(3)
    wanted = dict.fromkeys(shop.products(LINES), 2)
    books.fill_carts([customer.user_id for customer in customers], wanted)
    first, customer, careful = customers
    # The first of its kind costs more: connections are opened, and modules imported.
    first.final(first.buy())
    books.await_all_final(seconds=20)

    with meter(shop, books) as measured:
        job_id = customer.buy()
        books.await_all_final(seconds=20)
    with meter(shop, books) as with_key:
        careful.ask_to_buy(Idempotency_Key='"once"').expect(202)
        books.await_all_final(seconds=20)
    assert books.states([job_id]) == {"succeeded": 1}
    assert len(customer.order_of(customer.job(job_id))["lines"]) == LINES

    accept = measured.of_sessions("shop-gateway")
    accept_with_key = with_key.of_sessions("shop-gateway")
    jobs = measured.of_jobs("shop-worker")
    work = jobs.pop(job_id)
    messages = measured.messages_of(job_id)
    with capsys.disabled():
        print(  # noqa: T201
            f"\naccept: {accept}\naccept with a key: {accept_with_key}"
            f"\nwork: {work}\nmessages: {messages}"
        )
    assert (len(accept.statements), accept.commits) == (5, 1)
    assert (len(accept_with_key.statements), accept_with_key.commits) == (7, 1)
    assert (len(work.statements), work.commits) == (21, 2)
    assert messages == 2
    # All that remains is the notification's own job.
    assert len(jobs) == 1
