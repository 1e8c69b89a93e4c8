"""What orders do to stock: reserve, release, ship, take back."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from shop.catalog import services as catalog
from shop.core.errors import Refused
from shop.inventory import fulfillment
from shop.inventory import selectors as house
from shop.inventory import services as inventory
from shop.inventory.models import Movement, Reservation, Stock
from shop.inventory.services import CapacityExceeded, InsufficientStock, WarehouseInactive
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db
_orders = count(1)


def new_shirt(*, copies: int) -> int:
    """Put something of another kind on sale, with so many in stock, and return its id."""
    shirt = catalog.create_clothes(
        name="Áo dài", brand="Hà Đông", size="M", color="blue", price=Decimal(5)
    )
    inventory.set_up(capacity={"clothes": 100})
    inventory.receive(product_id=shirt.pk, quantity=copies)
    return int(shirt.pk)


def order(quantities: Mapping[int, int]) -> int:
    """Reserve copies for a new order, and return its id."""
    order_id = next(_orders)
    fulfillment.reserve(order_id=order_id, quantities=quantities)
    return order_id


def stock(*product_ids: int) -> list[tuple[int, int]]:
    """Return how many copies there are of each product, and how many are promised."""
    rows = {row.pk: (row.on_hand, row.reserved) for row in Stock.objects.all()}
    return [rows.get(product_id, (0, 0)) for product_id in product_ids]


def room(kind: str = "book") -> int:
    return house.warehouse()["on_hand"][kind]


def ledger(order_id: int) -> list[tuple[str, int, int, int]]:
    rows = Movement.objects.filter(order_id=order_id).order_by("id")
    return [(row.why, row.product_id, row.on_hand_change, row.reserved_change) for row in rows]


def refused(error: type[Refused], act: Callable[[], Any]) -> bool:
    """Return whether the act is refused, with what it did taken back as in a job's step."""
    with pytest.raises(error), transaction.atomic():
        act()
    return True


def test_what_is_reserved_stays_and_is_promised() -> None:
    one, other = new_book(copies=5), new_book(copies=5)
    order_id = order({one: 2, other: 5})
    assert stock(one, other) == [(5, 2), (5, 5)]
    assert room() == 10
    assert ledger(order_id) == [("reservation", one, 0, 2), ("reservation", other, 0, 5)]


def test_what_is_shipped_is_gone() -> None:
    book, shirt = new_book(copies=5), new_shirt(copies=4)
    order_id = order({book: 2, shirt: 4})
    fulfillment.ship(
        order_id=order_id, quantities={book: 2, shirt: 4}, job_id=(job_id := uuid4()), account_id=7
    )
    assert stock(book, shirt) == [(3, 0), (0, 0)]
    assert (room("book"), room("clothes")) == (3, 0)
    assert ledger(order_id)[2:] == [("shipment", book, -2, -2), ("shipment", shirt, -4, -4)]
    assert set(Movement.objects.filter(why="shipment").values_list("job_id", "account_id")) == {
        (job_id, 7)
    }
    assert not Reservation.objects.exists()


def test_what_is_released_is_free_again() -> None:
    book = new_book(copies=5)
    order_id = order({book: 5})
    fulfillment.release(order_id=order_id)
    assert stock(book) == [(5, 0)]
    assert ledger(order_id)[1:] == [("release", book, 0, -5)]
    assert order({book: 5})


@pytest.mark.parametrize("first", ["shipped", "released", "never promised"])
def test_only_what_is_promised_can_be_shipped(first: str) -> None:
    book = new_book(copies=5)
    order_id = next(_orders) if first == "never promised" else order({book: 2})
    if first == "shipped":
        fulfillment.ship(order_id=order_id, quantities={book: 2})
    elif first == "released":
        fulfillment.release(order_id=order_id)
    before = (stock(book), room(), ledger(order_id))
    assert refused(
        InsufficientStock, lambda: fulfillment.ship(order_id=order_id, quantities={book: 2})
    )
    fulfillment.release(order_id=order_id)
    assert (stock(book), room(), ledger(order_id)) == before


def test_other_copies_than_those_promised_are_not_shipped() -> None:
    book = new_book(copies=5)
    order_id = order({book: 2})
    assert refused(
        InsufficientStock, lambda: fulfillment.ship(order_id=order_id, quantities={book: 3})
    )
    assert stock(book) == [(5, 2)]


def test_an_order_moves_its_own_copies_alone() -> None:
    book = new_book(copies=5)
    one, other = order({book: 2}), order({book: 3})
    fulfillment.ship(order_id=one, quantities={book: 2})
    assert stock(book) == [(3, 3)]
    fulfillment.release(order_id=other)
    assert stock(book) == [(3, 0)]


def test_what_comes_back_is_in_stock_and_free() -> None:
    book, shirt = new_book(copies=5), new_shirt(copies=4)
    quantities = {book: 2, shirt: 4}
    order_id = order(quantities)
    fulfillment.ship(order_id=order_id, quantities=quantities)
    fulfillment.take_back(order_id=order_id, quantities=quantities)
    assert stock(book, shirt) == [(5, 0), (4, 0)]
    assert (room("book"), room("clothes")) == (5, 4)
    assert ledger(order_id)[4:] == [("return", book, 2, 0), ("return", shirt, 4, 0)]


def test_what_was_never_in_stock_can_come_back() -> None:
    inventory.set_up(capacity={"book": 10})
    book = new_book()
    fulfillment.take_back(order_id=next(_orders), quantities={book: 2})
    assert (stock(book), room()) == ([(2, 0)], 2)


def test_what_is_no_longer_sold_can_be_shipped_and_come_back() -> None:
    book = new_book(copies=5)
    order_id = order({book: 2})
    catalog.delete_book(book_id=book)
    fulfillment.ship(order_id=order_id, quantities={book: 2})
    fulfillment.take_back(order_id=order_id, quantities={book: 2})
    assert (stock(book), room()) == ([(5, 0)], 5)


def test_all_of_an_order_comes_back_or_none_of_it() -> None:
    book, shirt = new_book(copies=5), new_shirt(copies=4)
    order_id = order({book: 2, shirt: 4})
    fulfillment.ship(order_id=order_id, quantities={book: 2, shirt: 4})
    inventory.set_up(capacity={"book": 5, "clothes": 3})
    before = (stock(book, shirt), room("book"), room("clothes"), ledger(order_id))
    back = {book: 2, shirt: 4}
    assert refused(
        CapacityExceeded, lambda: fulfillment.take_back(order_id=order_id, quantities=back)
    )
    assert (stock(book, shirt), room("book"), room("clothes"), ledger(order_id)) == before
    inventory.set_up(capacity={"clothes": 4})
    fulfillment.take_back(order_id=order_id, quantities=back)
    assert (room("book"), room("clothes")) == (5, 4)


def test_all_of_an_order_is_reserved_or_none_of_it() -> None:
    one, other = new_book(copies=5), new_book(copies=5)
    for quantities in ({one: 5, other: 6}, {one: 6}, {one: 1, new_book(): 1}):
        assert refused(InsufficientStock, partial(order, quantities))
    assert stock(one, other) == [(5, 0), (5, 0)]
    assert not Reservation.objects.exists()


def test_what_is_promised_is_neither_promised_again_nor_withdrawn() -> None:
    book = new_book(copies=5)
    order({book: 4})
    assert refused(InsufficientStock, lambda: fulfillment.reserve(order_id=0, quantities={book: 2}))
    assert refused(InsufficientStock, lambda: inventory.withdraw(product_id=book, quantity=2))
    assert stock(book) == [(5, 4)]


def test_an_order_is_promised_a_product_once() -> None:
    book = new_book(copies=5)
    order_id = order({book: 1})
    with pytest.raises(IntegrityError, match="reservation_unique"), transaction.atomic():
        fulfillment.reserve(order_id=order_id, quantities={book: 1})
    assert stock(book) == [(5, 1)]


def test_an_inactive_warehouse_gives_out_and_takes_nothing() -> None:
    book = new_book(copies=9)
    shipping, releasing = order({book: 2}), order({book: 3})
    inventory.set_up(status="inactive")
    assert refused(WarehouseInactive, lambda: fulfillment.reserve(order_id=0, quantities={book: 1}))
    assert refused(
        WarehouseInactive, lambda: fulfillment.take_back(order_id=0, quantities={book: 1})
    )
    fulfillment.ship(order_id=shipping, quantities={book: 2})
    fulfillment.release(order_id=releasing)
    assert (stock(book), room()) == ([(7, 0)], 7)
