"""What a checkout of three lines costs, pinned: whoever makes it dearer is to know it.

Statements are those that PostgreSQL sees, without BEGIN, COMMIT, SAVEPOINT and the like, and
without the sandbox's own ledger.
"""

import pytest

from tests.journeys.books import Books
from tests.journeys.costs import meter, values_logged
from tests.journeys.processes import Shop

LINES = 3


def test_what_a_checkout_of_three_lines_costs(
    shop: Shop, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = shop.customers(3)
    wanted = dict.fromkeys(shop.products(LINES), 2)
    books.fill_carts([customer.user_id for customer in customers], wanted)
    first, customer, careful = customers
    with values_logged(books):
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
    # A process of the pool that had nothing to do before opens its session now.
    jobs.pop("", None)
    messages = measured.messages_of(job_id)
    counted = {
        "accept": (len(accept.statements), accept.commits),
        "accept with a key": (len(accept_with_key.statements), accept_with_key.commits),
        "work": (len(work.statements), work.commits),
    }
    with capsys.disabled():
        print(f"\n(statements, commits): {counted}; messages: {messages}")  # noqa: T201
    listed = f"accept: {accept}\naccept with a key: {accept_with_key}\nwork: {work}"
    assert counted == {"accept": (3, 1), "accept with a key": (5, 1), "work": (17, 2)}, listed
    assert messages == 2, measured.messages
    # All that remains is the notification's own job.
    assert len(jobs) == 1
