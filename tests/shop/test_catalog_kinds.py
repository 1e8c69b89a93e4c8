"""Products of every kind are received, bought and deleted alike."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from shop.carts import selectors as cart_reads
from shop.carts import services as carts
from shop.catalog import selectors
from shop.catalog import services as catalog
from shop.catalog.models import Clothes, Electronics, Product
from shop.core.errors import NotFound
from shop.inventory import selectors as inventory_reads
from shop.inventory import services as inventory
from shop.orders import selectors as orders
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.workflows import GOODS_RECEIPT
from tests.workflows.cases import checkout, new_book, new_customer, run

# Jobs commit for themselves.
pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ["book", "electronics", "clothes"]
DELETE: dict[str, Callable[[int], None]] = {
    "book": lambda key: catalog.delete_book(book_id=key),
    "electronics": lambda key: catalog.delete_electronics(product_id=key),
    "clothes": lambda key: catalog.delete_clothes(product_id=key),
}
READ: dict[str, Callable[[int], Any]] = {
    "book": lambda key: selectors.book(book_id=key),
    "electronics": lambda key: selectors.one_of_electronics(product_id=key),
    "clothes": lambda key: selectors.one_of_clothes(product_id=key),
}


def new_product(kind: str) -> int:
    """Put a product of this kind on sale."""
    price = Decimal(50_000)
    if kind == "electronics":
        made = catalog.create_electronics(name="Đèn", brand="Rạng Đông", model="RD", price=price)
        return int(made.pk)
    if kind == "clothes":
        shirt = catalog.create_clothes(
            name="Áo", brand="Việt Tiến", size="M", color="Đỏ", price=price
        )
        return int(shirt.pk)
    return new_book()


def received(product_id: int, quantity: int) -> Job:
    """Have goods received, as the gateway does, and return the job at its end."""
    return run(jobs.start(GOODS_RECEIPT, input={"product_id": product_id, "quantity": quantity}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_product_is_received_bought_and_deleted(kind: str) -> None:
    product_id, user_id = new_product(kind), new_customer()
    title = selectors.product(product_id=product_id).title
    inventory.set_up(capacity={kind: 5})
    assert received(product_id, 5).state == State.SUCCEEDED
    carts.add_item(user_id=user_id, product_id=product_id, quantity=2)
    [line] = cart_reads.cart(user_id=user_id).items
    assert (line.title, line.available, line.line_total) == (title, 5, Decimal(100_000))

    assert run(checkout(user_id=user_id)).state == State.SUCCEEDED
    assert inventory_reads.item(product_id=product_id)["available"] == 3

    DELETE[kind](product_id)
    with pytest.raises(inventory.UnknownProduct):
        carts.add_item(user_id=user_id, product_id=product_id, quantity=1)
    [order] = orders.orders(user_id=user_id)
    [bought] = order.lines.all()
    assert (order.status, bought.product_id, bought.title) == ("paid", product_id, title)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_room_of_its_own(kind: str) -> None:
    inventory.set_up(capacity=dict.fromkeys(KINDS, 5))
    assert received(new_product(kind), 5).state == State.SUCCEEDED
    job = received(new_product(kind), 1)
    assert job.error is not None
    assert (job.state, job.error["code"]) == (State.FAILED, "capacity_exceeded")
    shelf = inventory_reads.SHELVES[kind]
    assert inventory_reads.warehouse()["on_hand"] == {
        "book": 0,
        "clothes": 0,
        "electronic": 0,
        shelf: 5,
    }


def test_one_order_holds_products_of_every_kind() -> None:
    user_id, ids = new_customer(), [new_product(kind) for kind in KINDS]
    inventory.set_up(capacity=dict.fromkeys(KINDS, 9))
    inventory.receive_many(quantities=dict.fromkeys(ids, 3))
    for product_id in ids:
        carts.add_item(user_id=user_id, product_id=product_id, quantity=3)
    assert run(checkout(user_id=user_id)).state == State.SUCCEEDED
    [order] = orders.orders(user_id=user_id)
    assert [line.product_id for line in order.lines.all()] == ids
    assert inventory_reads.available(product_ids=ids) == dict.fromkeys(ids, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_product_is_read_and_deleted_as_what_it_is(kind: str) -> None:
    product_id = new_product(kind)
    assert selectors.product(product_id=product_id).kind == kind
    for other in KINDS:
        if other != kind:
            with pytest.raises(NotFound):
                READ[other](product_id)
            with pytest.raises(NotFound):
                DELETE[other](product_id)
    assert READ[kind](product_id).pk == product_id
    DELETE[kind](product_id)
    with pytest.raises(NotFound):
        READ[kind](product_id)
    with pytest.raises(NotFound):
        DELETE[kind](product_id)
    assert Product.objects.get(pk=product_id).deleted_at is not None


@pytest.mark.parametrize(
    ("rule", "kind", "model", "change"),
    [
        ("electronics_brand_not_empty", "electronics", Electronics, {"brand": ""}),
        ("electronics_model_not_empty", "electronics", Electronics, {"model": ""}),
        ("clothes_brand_not_empty", "clothes", Clothes, {"brand": ""}),
        ("clothes_size_not_empty", "clothes", Clothes, {"size": ""}),
        ("clothes_color_not_empty", "clothes", Clothes, {"color": ""}),
    ],
)
def test_the_database_refuses_what_no_product_is(
    rule: str, kind: str, model: Any, change: dict[str, str]
) -> None:
    product_id = new_product(kind)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        model.objects.filter(pk=product_id).update(**change)
