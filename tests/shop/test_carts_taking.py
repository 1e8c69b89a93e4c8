"""A cart whose lines are taken while others change it: each line goes once, or stays."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction

from shop.carts import selectors, services
from shop.carts.services import CartEmpty
from tests.workflows.cases import new_book, new_customer

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20.0
OUR_LOCK = "SELECT id FROM carts_cart WHERE customer_id = %s FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def user_id() -> int:
    return new_customer()


def taken(user_id: int) -> dict[int, int]:
    try:
        lines = services.take_lines(user_id=user_id)
    finally:
        connection.close()
    return {line["product_id"]: line["quantity"] for line in lines}


def _is_any_waiting(cursor: Any) -> bool:
    cursor.execute(WAITING)
    return bool(cursor.fetchone() != (0,))


@contextmanager
def another(do: Callable[..., Any], **given: Any) -> Iterator[Future[Any]]:
    """Have another session wait for a transaction of ours, with what it has seen before that."""
    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OUR_LOCK, [given["user_id"]])
        begun = pool.submit(do, **given)
        until = monotonic() + SECONDS
        while not _is_any_waiting(cursor):
            assert monotonic() < until, "it did not wait"
            sleep(0.01)
        yield begun


def holds(user_id: int) -> dict[int, int]:
    found = selectors.cart(user_id=user_id)
    return {line.product_id: line.quantity for line in found.items}


def test_lines_change_or_go_while_a_checkout_waits_and_those_that_come_stay(user_id: int) -> None:
    changed, removed, added = new_book(), new_book(), new_book()
    for product_id in (changed, removed):
        services.add_item(user_id=user_id, product_id=product_id, quantity=2)
    with another(taken, user_id=user_id) as found:
        services.add_item(user_id=user_id, product_id=changed, quantity=3)
        services.remove_item(user_id=user_id, product_id=removed, quantity=2)
        services.add_item(user_id=user_id, product_id=added, quantity=1)
    assert found.result(SECONDS) == {changed: 5}
    assert holds(user_id) == {added: 1}


def test_of_two_checkouts_one_takes_the_lines(user_id: int) -> None:
    book_id = new_book()
    services.add_item(user_id=user_id, product_id=book_id, quantity=2)
    with another(taken, user_id=user_id) as late:
        lines = services.take_lines(user_id=user_id)
    assert [line["quantity"] for line in lines] == [2]
    with pytest.raises(CartEmpty):
        late.result(SECONDS)


def test_lines_that_come_back_while_a_checkout_waits_are_there_once(user_id: int) -> None:
    kept, other = new_book(), new_book()
    for product_id in (kept, other):
        services.add_item(user_id=user_id, product_id=product_id, quantity=2)
    lines = services.take_lines(user_id=user_id)
    services.add_item(user_id=user_id, product_id=kept, quantity=1)
    with another(taken, user_id=user_id) as found:
        services.put_back(user_id=user_id, lines=lines)
    assert found.result(SECONDS) == {kept: 3}
    assert holds(user_id) == {other: 2}
