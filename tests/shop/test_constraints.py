"""Rules that the database keeps, whatever the code does."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from shop.carts.models import CartItem
from shop.carts.services import add_item
from shop.customers.models import Account
from shop.inventory.models import Movement, Room, Stock, Warehouse
from shop.orders import services as orders
from shop.payments.models import Payment
from tests.workflows.cases import new_book, new_customer

pytestmark = pytest.mark.django_db


def paid_twice() -> None:
    user_id, book_id = new_customer(), new_book()
    line = {"product_id": book_id, "title": "A", "quantity": 1, "unit_price": "5"}
    placed = orders.place(
        user_id=user_id,
        lines=[line],  # type: ignore[list-item]  # a Line, written as JSON has it
        currency="VND",
        job_id=uuid4(),
        by=None,
    )
    for _ in range(2):
        Payment.objects.create(
            order_id=placed["order_id"],
            key=str(uuid4()),
            provider="sandbox",
            method="card",
            status="captured",
            amount=Decimal(5),
            currency="VND",
        )


def in_cart(quantity: int) -> None:
    user_id, book_id = new_customer(), new_book()
    add_item(user_id=user_id, product_id=book_id, quantity=1)
    CartItem.objects.filter(product_id=book_id).update(quantity=quantity)


def same_name(**change: str) -> None:
    account = Account.objects.get(customer=new_customer())
    given = {"username": "other", "email": "other@example.com", **change}
    Account.objects.create(
        password="x",
        **{
            name: value if value else getattr(account, name).upper()
            for name, value in given.items()
        },
    )


def stock(**change: int) -> None:
    Stock.objects.filter(pk=new_book(copies=5)).update(**change)


@pytest.mark.parametrize(
    ("rule", "breach"),
    [
        ("stock_reserved_within_on_hand", lambda: stock(reserved=6)),
        ("inventory_stock_on_hand_check", lambda: stock(on_hand=-1)),
        ("inventory_stock_reserved_check", lambda: stock(reserved=-1)),
        ("room_within_capacity", lambda: Room.objects.update(capacity=1, on_hand=2)),
        ("warehouse_only_one", lambda: Warehouse.objects.create(id=2)),
        (
            "movement_not_empty",
            lambda: Movement.objects.create(product_id=new_book(), why="receipt"),
        ),
        ("cart_item_quantity_in_range", lambda: in_cart(0)),
        ("cart_item_quantity_in_range", lambda: in_cart(1_001)),
        ("payment_captured_once", paid_twice),
        ("account_username_unique", lambda: same_name(username="")),
        ("account_email_unique", lambda: same_name(email="")),
    ],
)
def test_the_database_refuses(rule: str, breach: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        breach()
