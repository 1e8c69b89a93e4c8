"""A walk through every row of the contract, refusals included; then the books are looked at."""

from collections.abc import Callable

import pytest

from tests.journeys.books import Books
from tests.journeys.processes import Shop
from tests.journeys.walk import accounts, buying, jobs, products, selling, warehouse
from tests.journeys.walk.walker import Walk

ROWS: list[Callable[[Walk], object]] = [
    *(accounts.registrations, accounts.logins, accounts.records, accounts.deletion),
    *(accounts.passwords, accounts.sessions),
    *(products.books, products.other_kinds),
    *(warehouse.settings, warehouse.goods, warehouse.inactive),
    *(buying.carts, buying.checkouts, buying.failing_checkouts, buying.odd_tokens),
    *(selling.an_order_s_life, selling.cancellation, selling.payments, selling.redirects),
    *(selling.webhooks, selling.notifications),
    *(jobs.jobs, jobs.cancelled, jobs.conventions),
]


@pytest.fixture(scope="module")
def walk(running_shop: Shop) -> Walk:
    running_shop.mend()
    return Walk(running_shop)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_the_shop_answers_as_the_contract_says(walk: Walk, row: Callable[[Walk], object]) -> None:
    row(walk)


def test_no_operation_was_left_out(walk: Walk) -> None:
    assert walk.missed() == set()


def test_the_books_add_up_after_the_walk(shop: Shop, books: Books) -> None:
    books.await_all_final(seconds=30)
    assert books.differences() == []
