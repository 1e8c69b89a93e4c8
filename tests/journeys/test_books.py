"""The rules by which the journeys judge; see tests/workflows/test_verify.py for the shop's own."""

import pytest

from tests.journeys.books import RULES, Books
from tests.journeys.processes import Shop

# A change that no constraint of the database forbids and no journey may leave.
BREAKS = {
    "On hand is what came less what went.": "UPDATE inventory_stock SET on_hand = on_hand + 1",
    "The shop and the provider agree on each charge.": (
        "UPDATE payments_payment SET status = 'voided'"
    ),
    **dict.fromkeys(RULES, "DELETE FROM notifications_notification"),
}


@pytest.fixture
def sold(shop: Shop, books: Books) -> None:
    """Something is sold, so that there is something to be wrong."""
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    customer.put_in_cart(product, 2)
    assert customer.final(customer.buy())["state"] == "succeeded"
    books.await_all_final(seconds=20)


def test_what_is_broken_is_seen(sold: None, books: Books) -> None:
    assert books.differences() == []
    for rule, change in BREAKS.items():
        broken = books.differences(after=change)
        assert any(found.startswith(rule) for found in broken), f"{change} went unnoticed: {rule}"
    assert books.differences() == []
