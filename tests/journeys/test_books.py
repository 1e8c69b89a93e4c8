"""The rules by which the journeys judge, each seen broken once."""

import pytest

from tests.journeys.books import RULES, Books
from tests.journeys.processes import Shop

# For each rule a change that no constraint of the database forbids and no journey may leave.
BREAKS = {
    "on hand is what came less what went": "UPDATE inventory_stock SET on_hand = on_hand + 1",
    "reserved is what was reserved less what was released": (
        "UPDATE inventory_stock SET reserved = reserved + 1"
    ),
    "reserved is what open orders hold": "UPDATE orders_orderline SET quantity = quantity + 1",
    "each open order has its lines reserved, and no other has": (
        "DELETE FROM inventory_reservation"
    ),
    "a kind's room holds what its products do": (
        "UPDATE inventory_room SET on_hand = on_hand - 1 WHERE on_hand > 0"
    ),
    "a paid order is charged once, its total; no other order is charged": (
        "INSERT INTO sandbox_entry (key, status, amount, refunded, currency, faults)"
        " VALUES ('again', 'captured', 1, 0, 'VND', 0)"
    ),
    "the shop and the provider agree on each charge": (
        "UPDATE payments_payment SET status = 'voided'"
    ),
    "an order's total is that of its lines": "UPDATE orders_order SET total = total + 1",
    "a checkout and its order end alike": (
        "UPDATE jobs_job SET state = 'failed' WHERE kind = 'checkout'"
    ),
    "each paid order is announced once, and no failed one": (
        "DELETE FROM notifications_notification"
    ),
    "each order's history ends in its status": (
        "DELETE FROM orders_orderevent WHERE status = 'paid'"
    ),
}


@pytest.fixture
def sold(shop: Shop, books: Books) -> None:
    """Something is sold, so that there is something to be wrong."""
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    customer.put_in_cart(product, 2)
    assert customer.final(customer.buy())["state"] == "succeeded"
    books.await_all_final(seconds=20)


def test_each_rule_is_seen_broken(sold: None, books: Books) -> None:
    assert BREAKS.keys() == RULES.keys()
    assert books.differences() == []
    for rule, change in BREAKS.items():
        broken = [found.partition(":")[0] for found in books.differences(after=change)]
        assert rule in broken, f"{change} went unnoticed by: {rule}"
    assert books.differences() == []
