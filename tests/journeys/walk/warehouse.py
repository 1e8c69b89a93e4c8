"""Rows 1.3.1 to 1.3.4 and 8.6."""

from typing import Any

from tests.journeys.walk.walker import UNKNOWN, Walk

KINDS = {"book", "clothes", "electronic"}


def settings(walk: Walk) -> None:
    staff, (customer,) = walk.staff, walk.customers(1)
    before = staff.get("inventory").expect(200)
    assert set(before) == {"address", "status", "capacity", "on_hand", "remaining"}
    assert set(before["capacity"]) == set(before["on_hand"]) == set(before["remaining"]) == KINDS
    customer.refused("GET", "inventory", status=403, code="forbidden")
    customer.refused("PATCH", "inventory", {}, status=403, code="forbidden")
    walk.nobody().refused("GET", "inventory", status=401, code="not_authenticated")
    assert staff.done(staff.patch("inventory", {}))["result"] == before
    seen = staff.get("inventory").headers["etag"]
    changed = staff.done(staff.patch("inventory", {"address": "3 Trần Phú"}, If_Match=seen))
    assert changed["result"] == {**before, "address": "3 Trần Phú"}
    staff.refused(
        "PATCH",
        "inventory",
        {"address": "4"},
        status=412,
        code="precondition_failed",
        If_Match=seen,
    )
    small = {"book_quantity": before["on_hand"]["book"] - 1}
    staff.done(staff.patch("inventory", small), "failed", "capacity_below_stock")
    for odd in ({"status": "closed"}, {"book_quantity": -1}, {"book_quantity": 1_000_000_001}):
        assert staff.patch("inventory", odd).status == 422


def goods(walk: Walk) -> None:
    staff, (product_id,) = walk.staff, walk.shop.products(1)
    (customer,) = walk.customers(1)
    house = staff.get("inventory").expect(200)
    item = _item(walk, product_id)
    check = staff.done(staff.post("inventory/capacity-checks", _goods(product_id, 1)))
    assert check["result"] == {"fits": True, "remaining": house["remaining"]["book"]}
    received = staff.done(staff.post("inventory/receipts", _goods(product_id, 5)))
    assert received["result"] == {
        **item,
        "on_hand": item["on_hand"] + 5,
        "available": item["available"] + 5,
    }
    withdrawn = staff.done(staff.post("inventory/withdrawals", _goods(product_id, 5)))
    assert withdrawn["result"] == item == _item(walk, product_id)
    too_many = _goods(product_id, item["available"] + 1)
    staff.done(staff.post("inventory/withdrawals", too_many), "failed", "insufficient_stock")
    staff.done(staff.patch("inventory", {"book_quantity": house["on_hand"]["book"]}))
    full = staff.post("inventory/receipts", _goods(product_id, 1))
    staff.done(full, "failed", "capacity_exceeded")
    staff.done(staff.patch("inventory", {"book_quantity": house["capacity"]["book"]}))
    for path in ("receipts", "withdrawals", "capacity-checks"):
        unknown = _goods(UNKNOWN, 1)
        staff.refused("POST", f"inventory/{path}", unknown, status=422, code="not_found")
        zero = _goods(product_id, 0)
        staff.refused("POST", f"inventory/{path}", zero, status=422, code="min_value")
        many = _goods(product_id, 1_000_001)
        staff.refused("POST", f"inventory/{path}", many, status=422, code="max_value")
        fair = _goods(product_id, 1)
        customer.refused("POST", f"inventory/{path}", fair, status=403, code="forbidden")
    moved = staff.get(f"inventory/movements?product_id={product_id}&page_size=2").expect(200)
    changes = [(line["why"], line["on_hand_change"]) for line in moved["results"]]
    assert changes == [("withdrawal", -5), ("receipt", 5)]


def inactive(walk: Walk) -> None:
    staff, (buyer,) = walk.staff, walk.customers(1)
    (product_id,) = walk.shop.products(1)
    buyer.put_in_cart(product_id, 2)
    held = buyer.done(buyer.ask_to_buy())
    order = f"orders/{held['result']['order_id']}"
    staff.done(staff.patch("inventory", {"status": "inactive"}))
    try:
        fair = _goods(product_id, 1)
        staff.done(staff.post("inventory/receipts", fair), "failed", "warehouse_inactive")
        buyer.put_in_cart(product_id)
        buyer.done(buyer.ask_to_buy(), "failed", "warehouse_inactive")
        assert buyer.cart() == {product_id: 1}
        staff.done(staff.post("inventory/withdrawals", fair))
        for status in ("processing", "shipped", "delivered"):
            staff.done(staff.patch(order, {"status": status}))
        returned = staff.patch(order, {"status": "returned"})
        staff.done(returned, "failed", "warehouse_inactive")
        assert buyer.get(order).expect(200)["payment"]["refunded"] == "0"
    finally:
        staff.done(staff.patch("inventory", {"status": "active"}))
    staff.done(staff.patch(order, {"status": "returned"}))
    assert _item(walk, product_id)["on_hand"] == 1000 - 1


def _goods(product_id: int, quantity: int) -> dict[str, int]:
    return {"product_id": product_id, "quantity": quantity}


def _item(walk: Walk, product_id: int) -> Any:
    (item,) = walk.staff.get(f"inventory/items?product_id={product_id}").expect(200)["results"]
    assert set(item) == {"product_id", "title", "on_hand", "reserved", "available"}
    return item
