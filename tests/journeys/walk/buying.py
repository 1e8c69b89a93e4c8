"""Rows 1.4.1 to 1.4.4 and 5.5: carts and checkouts."""

from typing import Any

from tests.journeys.walk.walker import UNKNOWN, Walk, Walker

STEPS = ["place_order", "reserve_stock", "take_payment", "confirm_order", "notify"]


def carts(walk: Walk) -> None:
    buyer, other = walk.customers(2)
    first, second = walk.shop.products(2)
    cart = f"carts/{buyer.user_id}"
    added = buyer.post(f"{cart}/items", _item(first, 2))
    assert added.expect(200)["items"][0]["quantity"] == 2
    again = buyer.post(f"{cart}/items", _item(first, 1)).expect(200)
    assert again["items"][0]["quantity"] == 3
    read = buyer.get(cart)
    assert set(read.expect(200)) == {"user_id", "items", "total", "currency"}
    (line,) = read.body["items"]
    assert set(line) == {
        *("product_id", "title", "quantity", "unit_price", "line_total", "available"),
    }
    assert line["line_total"] == str(3 * int(line["unit_price"])) == read.body["total"]
    seen = read.headers["etag"]
    set_line = buyer.put(f"{cart}/items/{second}", {"quantity": 4}, If_Match=seen).expect(200)
    assert [one["quantity"] for one in set_line["items"]] == [3, 4]
    buyer.refused(
        "POST",
        f"{cart}/items",
        _item(first, 1),
        status=412,
        code="precondition_failed",
        If_Match=seen,
    )
    fewer = buyer.post(f"{cart}/removals", _item(first, 3)).expect(200)
    assert [one["product_id"] for one in fewer["items"]] == [second]
    five = _item(second, 5)
    buyer.refused("POST", f"{cart}/removals", five, status=409, code="not_in_cart")
    buyer.put(f"{cart}/items/{second}", {"quantity": 0}).expect(200)
    buyer.put_in_cart(first)
    assert buyer.delete(f"{cart}/items").expect(200)["items"] == []
    walk.staff.post(f"{cart}/items", _item(first, 1)).expect(200)
    other.refused("GET", cart, status=404, code="not_found")
    other.refused("POST", f"{cart}/items", _item(first, 1), status=404, code="not_found")
    walk.nobody().refused("GET", cart, status=401, code="not_authenticated")
    walk.staff.refused("GET", f"carts/{UNKNOWN}", status=404, code="not_found")
    unknown = _item(UNKNOWN, 1)
    buyer.refused("POST", f"{cart}/items", unknown, status=422, code="not_found")
    many = _item(first, 1001)
    buyer.refused("POST", f"{cart}/items", many, status=422, code="max_value")


def checkouts(walk: Walk) -> None:
    buyer, other = walk.customers(2)
    (product_id,) = walk.shop.products(1)
    order = {"user_id": buyer.user_id, "payment": {"method": "card", "token": "tok_ok"}}
    buyer.refused("POST", "checkouts", order, status=409, code="cart_empty")
    buyer.put_in_cart(product_id, 2)
    total = buyer.get(f"carts/{buyer.user_id}").expect(200)["total"]
    dear = {**order, "expected_total": "1"}
    buyer.refused("POST", "checkouts", dear, status=409, code="price_changed")
    other.refused("POST", "checkouts", order, status=404, code="not_found")
    odd = {**order, "payment": {"method": "cheque", "token": "tok_ok"}}
    buyer.refused("POST", "checkouts", odd, status=422, code="invalid_choice")
    job = buyer.done(buyer.post("checkouts", {**order, "expected_total": total}))
    assert [(step["name"], step["state"]) for step in job["steps"]] == [
        (name, "done") for name in STEPS
    ]
    assert set(job["result"]) == {"order_id", "payment_id"}
    found = buyer.get(job["links"]["resource"]).expect(200)
    assert (found["status"], found["total"]) == ("paid", total)
    assert found["payment"]["status"] == "captured"
    assert buyer.cart() == {}


def failing_checkouts(walk: Walk) -> None:
    (buyer,) = walk.customers(1)
    (product_id,) = walk.shop.products(1)
    for token in ("tok_declined", "tok_insufficient_funds"):
        buyer.put_in_cart(product_id)
        job = buyer.done(buyer.ask_to_buy(token), "failed", "payment_declined")
        states = [step["state"] for step in job["steps"]]
        assert states == ["undone", "undone", "failed", "skipped", "skipped"]
        assert buyer.order_of(job)["status"] == "failed"
        assert buyer.cart() == {product_id: 1}
        buyer.delete(f"carts/{buyer.user_id}/items").expect(200)
    walk.staff.done(walk.staff.post("inventory/withdrawals", _item(product_id, 999)))
    buyer.put_in_cart(product_id, 2)
    buyer.done(buyer.ask_to_buy(), "failed", "insufficient_stock")
    assert buyer.cart() == {product_id: 2}
    buyer.delete(f"carts/{buyer.user_id}/items").expect(200)


def odd_tokens(walk: Walk) -> None:
    (product_id,) = walk.shop.products(1)
    buyers = walk.customers(2)
    jobs = []
    for buyer, token in zip(buyers, ("tok_flaky", "tok_timeout"), strict=True):
        buyer.put_in_cart(product_id)
        jobs.append((buyer, buyer.ask_to_buy(token)))
    for buyer, asked in jobs:
        job = buyer.done(asked)
        assert buyer.order_of(job)["payment"]["status"] == "captured"


def paid_later(walk: Walk) -> tuple[Walker, int]:
    """Return a customer with an order that is to be paid yet."""
    (buyer,) = walk.customers(1)
    (product_id,) = walk.shop.products(1)
    buyer.put_in_cart(product_id, 3)
    job = buyer.done(buyer.post("checkouts", {"user_id": buyer.user_id}))
    states = [step["state"] for step in job["steps"]]
    assert states == ["done", "done", "skipped", "skipped", "done"]
    order_id = job["result"]["order_id"]
    assert job["result"]["payment_id"] is None
    order = buyer.get(f"orders/{order_id}").expect(200)
    assert (order["status"], order["payment"]) == ("pending", None)
    return buyer, order_id


def _item(product_id: int, quantity: int) -> dict[str, Any]:
    return {"product_id": product_id, "quantity": quantity}
